// What tiles and numbers are called here.
import { pathsOf } from '../../desk/model/figure';
import { readBoard } from '../../model/board';
import { usePage } from '../../ui/context';
import { kpiName, titleOf } from '../../ui/words';
import { emptyBoard, type TileDoc } from '../model/document';
import { useEditor } from './context';
import type { Option } from './fields';

export function useNameOf(): (tile: TileDoc) => string {
  const { words } = useEditor();
  const { locale, explainer } = usePage();
  return (tile) => {
    const read = readBoard({ ...emptyBoard('x'), tiles: [tile] })?.tiles[0];
    return (read && titleOf(read, locale, explainer.catalogue)) || words.kind[tile.kind];
  };
}

// useKpis -- every single number there is; those with parts by each part.
export function useKpis(): Option[] {
  const { kpis } = useEditor();
  const { locale, explainer } = usePage();
  const option = (key: string) => ({ key, text: kpiName(key, locale, explainer.catalogue) });
  return kpis.flatMap((row) => pathsOf(row).map(option));
}
