// What all tiles have in common: a title, a level by shape, word and colour, and the states in which there is no number.
import type { ComponentChildren } from 'preact';
import type { LostSource } from '../../model/items';
import { inner, LINE_EM, type Box } from '../../model/layout';
import type { Level } from '../../model/status';
import type { TileView } from '../../model/tiles';
import { usePage } from '../context';
import { bold, fitting, linesFor } from '../measure';
import { LevelShape } from '../shapes';
import { titleOf } from '../words';

export interface TileProps {
  view: TileView;
  box: Box;
}

const TITLE_LINES_TALL_EM = 9; // a tile at least this high has room for a title of two lines
const CHIP_EM = { word: 0.85, shape: 2.1 };

export interface Head {
  title: string;
  lines: number;
  em: number; // of the title
  chip: { level: Level; word: string; why?: string } | null;
  beside: string[]; // small print that fits beside the title
}

// useHead -- the title in the largest form that fits beside the chip.
export function useHead({ view, box }: TileProps, beside: string[] = []): Head {
  const { locale, explainer } = usePage();
  const { text, format } = locale;
  const title = titleOf(view.tile, locale, explainer.catalogue);
  const lost = view.item?.sources_lost ?? [];
  const chip = lost.length > 0 ? lostChip(lost) : view.level > 0 ? { level: view.level, word: text.level[view.level] } : null;
  const room = inner(box, 0).width / box.em - (chip === null ? 0 : bold.em(chip.word) * CHIP_EM.word + CHIP_EM.shape);
  const lines = linesFor(title, room, 1);
  const left = (room - bold.em(title) - 1) / 0.9;
  if (title === '') return { title, lines: chip === null && beside.length === 0 ? 0 : 1, em: 1, chip, beside };
  if (lines === 1 || box.height < TITLE_LINES_TALL_EM * box.em) return { title, lines: 1, em: Math.max(0.75, Math.min(1, room / bold.em(title))), chip, beside: fitting(beside, left, 1) };
  return { title, lines: 2, em: linesFor(title, room, 1) > 2 ? 0.85 : 1, chip, beside: [] };

  function lostChip(sources: LostSource[]): Head['chip'] {
    const since = Math.min(...sources.map(({ since_us }) => since_us));
    const why = sources.map(({ src, state, since_us }) => text.source[state](src, format.time(since_us / 1000))).join(text.join);
    return { level: 1, word: text.tile.lost(format.time(since / 1000)), why };
  }
}

export function Chip({ level, word, why }: { level: Level; word: string; why?: string | undefined }) {
  return (
    <span class={`chip level-${level}`} title={why}>
      <LevelShape level={level} />
      {word}
    </span>
  );
}

interface FrameProps extends TileProps {
  head: Head;
  class?: string;
  aside?: ComponentChildren; // beside the title
  children: ComponentChildren;
}

export function Frame({ view, head, class: name = '', aside, children }: FrameProps) {
  const { tile, item } = view;
  const states = [`level-${view.level}`, view.old ? 'old' : '', (item?.sources_lost?.length ?? 0) > 0 ? 'lost' : ''];
  return (
    <article class={`tile ${name} ${states.join(' ')}`} data-kind={tile.kind} data-tile={tile.id}>
      {(head.lines > 0 || aside) && (
        <header style={{ height: `${Math.max(1, head.lines) * LINE_EM}em` }}>
          {head.lines > 0 && (
            <h2 class={head.lines > 1 ? 'two' : ''} style={{ fontSize: `${head.em}em` }} title={head.title}>
              {head.title}
            </h2>
          )}
          {aside ?? (
            <span class="aside">
              {head.beside.map((note) => (
                <span key={note}>{note}</span>
              ))}
            </span>
          )}
          {head.chip && <Chip {...head.chip} />}
        </header>
      )}
      {children}
    </article>
  );
}

// Notes -- the small print of a number: as much of it as fits in one line, from the first on.
export function Notes({ notes, box }: { notes: string[]; box: Box }) {
  const shown = fitting(notes.filter((note) => note !== ''), inner(box, 0).width, box.em);
  return (
    <p class="notes">
      {shown.map((note) => (
        <small key={note}>{note}</small>
      ))}
    </p>
  );
}

// Empty -- nothing to show, and why.
export function Empty({ words, hint }: { words: string; hint?: string }) {
  return (
    <div class="empty">
      <p>{words}</p>
      {hint && <small>{hint}</small>}
    </div>
  );
}

// useAbsence -- the words for a tile of which the server has sent nothing: none while that may still be on its way.
export function useAbsence(view: TileView): string | null {
  const { text } = usePage().locale;
  const { tile } = view;
  if (view.told) return null;
  if (!view.unknown) return '';
  const scope = tile.scope === 'all' ? (tile.group ? 'group' : tile.queue ? 'queue' : null) : tile.scope;
  if (scope === null) return text.board.nothing;
  return text.board.nobody(text.board.owner[scope], tile.scope === 'all' ? (tile.group ?? tile.queue ?? '') : tile.name);
}
