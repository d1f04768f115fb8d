// The board at work: its tiles with live numbers, moved and resized by pointer (gridstack, read when this is first drawn) or
// by keys. Where tiles stand is the document's: gridstack is told, and what it did is written down when the pointer lets go.
import type { GridItemHTMLElement, GridStack } from 'gridstack';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { readBoard } from '../../model/board';
import { boxesOf, type Screen } from '../../model/layout';
import type { TileView } from '../../model/tiles';
import { COMPONENTS } from '../../ui/BoardView';
import { usePage } from '../../ui/context';
import { fits, gridOf, placed, type BoardDoc, type Place } from '../model/document';
import { useEditor } from './context';
import { useKeys } from './keys';
import { useNameOf } from './words';

const REM_SHARE = 0.014815; // of a wall's height, as in base.css
const GAP_SHARE = 0.0111;
const TOP_LINE = 1.09; // the whole screen against the board's part of it

export function Stage({ tiles }: { tiles: TileView[] }) {
  const { session, words } = useEditor();
  const { dress } = usePage();
  const { doc } = session;
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const grid = gridOf(doc);
  const gap = size ? size.height * GAP_SHARE : 0;
  useGrid(box, doc, size?.height ?? 0, gap);
  const boxes = useMemo(() => {
    const board = readBoard(doc);
    if (!size || !board) return [];
    const rem = size.height * REM_SHARE;
    const screen: Screen = { width: size.width - gap, height: size.height - gap, screenHeight: size.height * TOP_LINE, rem, flow: false };
    return boxesOf(board, screen);
  }, [doc, size]);
  const onKeyDown = useKeys();
  const nameOf = useNameOf();
  return (
    <div class="stage" key={`${grid.columns} ${grid.rows}`}>
      <div ref={box} class="grid-stack" role="group" aria-label={words.stage} aria-describedby="keys" data-dress={dress}>
        {doc.tiles.map((tile, i) => (
          <div
            key={tile.id}
            class="grid-stack-item"
            data-id={tile.id}
            role="group"
            tabIndex={0}
            aria-current={tile.id === session.selected}
            aria-roledescription={words.panel.tile}
            aria-label={words.tileAt(nameOf(tile), words.kind[tile.kind], ...numbers(tile))}
            data-wrong={session.complaint?.tile === i || undefined}
            onFocus={() => session.select(tile.id)}
            onPointerDown={() => session.select(tile.id)}
            onKeyDown={(event) => onKeyDown(event, tile)}
          >
            <div class="grid-stack-item-content">{tiles[i] && boxes[i] && <Preview view={tiles[i]!} box={boxes[i]!} />}</div>
          </div>
        ))}
      </div>
    </div>
  );
}

const numbers = ({ x, y, w, h }: Place) => [String(x + 1), String(y + 1), String(w), String(h)] as const;

// Preview -- as on the wall, only that nothing in it can be pointed at.
function Preview({ view, box }: { view: TileView; box: ReturnType<typeof boxesOf>[number] }) {
  const Kind = COMPONENTS[view.tile.kind];
  return (
    <div class="preview" inert style={{ width: `${box.width}px`, height: `${box.height}px`, fontSize: `${box.em}px` }}>
      <Kind view={view} box={box} />
    </div>
  );
}

function useSize(node: { current: HTMLElement | null }): { width: number; height: number } | null {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useLayoutEffect(() => {
    const element = node.current!.parentElement!;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((before) => (height === 0 || (before?.width === width && before.height === height) ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}

// useGrid -- gridstack beside Preact: Preact makes and removes the elements, gridstack says where they stand.
function useGrid(node: { current: HTMLElement | null }, doc: BoardDoc, height: number, gap: number): void {
  const { session } = useEditor();
  const { columns, rows } = gridOf(doc);
  const held = useRef<{ grid: GridStack; busy: boolean } | null>(null);
  const [ready, setReady] = useState(0);
  useEffect(() => {
    let gone = false;
    void import('gridstack').then(({ GridStack: Grid }) => {
      if (gone) return;
      const options = { column: columns, row: rows, float: true, animate: false, auto: false, margin: 0, alwaysShowResizeHandle: true, resizable: { handles: 'e,se,s' } };
      const grid = Grid.init(options, node.current!);
      const mine = { grid, busy: false };
      held.current = mine;
      grid.on('dragstart resizestart', () => void (mine.busy = true));
      grid.on('dragstop resizestop', () => window.setTimeout(() => letGo(mine)));
      setReady((times) => times + 1);
    });
    return () => {
      gone = true;
      held.current?.grid.destroy(false);
      held.current = null;
    };
  }, [columns, rows]);
  useLayoutEffect(() => {
    if (!held.current || height === 0) return;
    held.current.grid.margin(gap / 2);
    held.current.grid.cellHeight(height / rows);
  }, [ready, height, gap, rows]);
  useLayoutEffect(() => {
    if (held.current && !held.current.busy) arrange(held.current.grid, node.current!, doc);
  }, [ready, doc, columns, rows]);

  function letGo(mine: { grid: GridStack; busy: boolean }): void {
    mine.busy = false;
    if (held.current !== mine) return;
    const places = new Map(mine.grid.engine.nodes.map(({ id, x, y, w, h }) => [id!, { x: x!, y: y!, w: w ?? 1, h: h ?? 1 }]));
    const next = placed(session.doc, places);
    if (next === session.doc || !fits(next.tiles, gridOf(next))) arrange(mine.grid, node.current!, session.doc);
    else session.edit(next);
  }
}

// arrange -- every tile where the document has it. All at once: told one by one, gridstack would push them about.
function arrange(grid: GridStack, node: HTMLElement, { tiles }: BoardDoc): void {
  const elements = new Map([...node.querySelectorAll<GridItemHTMLElement>(':scope > .grid-stack-item')].map((element) => [element.dataset.id!, element]));
  const same = grid.engine.nodes.length === tiles.length && tiles.every((tile) => stands(elements.get(tile.id), tile));
  if (same) return;
  grid.removeAll(false, false);
  for (const { id, x, y, w, h } of tiles) {
    const element = elements.get(id);
    if (element) grid.makeWidget(element, { id, x, y, w, h });
  }
}

function stands(element: GridItemHTMLElement | undefined, { x, y, w, h }: Place): boolean {
  const at = element?.gridstackNode;
  return at !== undefined && at.x === x && at.y === y && (at.w ?? 1) === w && (at.h ?? 1) === h;
}
