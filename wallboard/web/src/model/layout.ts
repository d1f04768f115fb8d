// Where everything goes, in CSS pixels and from numbers alone: a wall is looked at, not scrolled, and measuring what was
// drawn would cost a layout at every change. The board's grid fills the screen exactly; within a tile all arrangements
// worth considering are tried and the one whose figures come out largest wins. `rem` scales with the screen.
import type { Board, Tile } from './board';

export interface Screen {
  width: number; // of the board, without its margins
  height: number;
  screenHeight: number; // of the whole screen: main digits must be at least 1/25 of it
  rem: number;
  flow: boolean; // too small for a wall (FLOW_QUERY)
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  em: number; // font size of its small print
  screen: Screen;
}

export const GAP_REM = 0.75;
export const PAD_EM = { x: 0.9, y: 0.65 }; // of a tile, as in tile.css
export const LINE_EM = 1.4; // a line of small print
export const TILE_EM = { width: 17.75, height: 13.6 }; // the least a queue's card needs for its figures
export const ROOMY_EM = { width: 21, height: 18.2 }; // what it needs with details and a line of its own for the trend
export const AGENT_EM = { width: 13, height: 2.9 };
export const FLOW_QUERY = '(max-width: 752px), (max-height: 520px)'; // as in phone.css
const MAIN_DIGITS_EM = 3.5; // font size of a card's main number
export const MAIN_DIGITS_SHARE = 1 / 25;
const EM_REM_MAX = 3;
const EM_REM_ENOUGH = 1.5; // larger than this is welcome, but nothing else should give way for it
const SMALL_PRINT_REM = { least: 1, most: 1.375 };
const FLOW_CELL_REM = 3.5;

// boxesOf -- where each tile of the board lies.
export function boxesOf(board: Board, screen: Screen): Box[] {
  if (screen.flow) return board.tiles.map((tile) => flowBox(tile, screen));
  const gap = GAP_REM * screen.rem;
  const column = (screen.width + gap) / board.columns;
  const row = (screen.height + gap) / board.rows;
  return board.tiles.map(({ x, y, w, h }) => {
    const box = { left: Math.round(x * column), top: Math.round(y * row) };
    const width = Math.round((x + w) * column - gap) - box.left;
    const height = Math.round((y + h) * row - gap) - box.top;
    return { ...box, width, height, em: smallPrint(width, height, screen), screen };
  });
}

// smallPrint -- as large as its tile allows: titles can be read from where the numbers can.
function smallPrint(width: number, height: number, { rem }: Screen): number {
  const { least, most } = SMALL_PRINT_REM;
  return Math.max(least * rem, Math.min(most * rem, height / 7.5, width / 10));
}

function flowBox({ kind, h, kpi }: Tile, screen: Screen): Box {
  const rows = kpi === 'agents' ? 3 : { number: 2, goal: 2.5, gauge: 4, trend: 4, causes: 4, clock: 2.5, text: 3 }[kind as string] ?? Math.min(8, Math.max(3, h));
  return { left: 0, top: 0, width: screen.width, height: rows * FLOW_CELL_REM * screen.rem, em: screen.rem, screen };
}

// inner -- what a tile has for its body, below a head of so many lines.
export function inner({ width, height, em }: Box, headLines: number): { width: number; height: number } {
  return { width: width - 2 * PAD_EM.x * em, height: height - 2 * PAD_EM.y * em - headLines * LINE_EM * em };
}

export interface Cards {
  columns: number;
  rows: number;
  perPage: number;
  em: number;
  room: 'small' | 'medium' | 'wide';
}

// planCards -- null: so many cards could not be read from afar.
export function planCards(width: number, height: number, screen: Screen, count: number): Cards | null {
  if (screen.flow) return { columns: 1, rows: count, perPage: Math.max(1, count), em: Math.min(screen.rem, screen.width / TILE_EM.width), room: 'medium' };
  const gap = GAP_REM * screen.rem;
  let best: Cards | null = null;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(Math.max(1, count) / columns);
    const card = { width: (width - (columns - 1) * gap) / columns, height: (height - (rows - 1) * gap) / rows };
    const em = cardEm(card.width, card.height, screen.rem);
    const readable = em * MAIN_DIGITS_EM >= screen.screenHeight * MAIN_DIGITS_SHARE;
    const room = card.width >= 38 * em ? 'wide' : card.height >= 17.5 * em ? 'medium' : 'small';
    if (readable && em > (best?.em ?? 0)) best = { columns, rows, perPage: columns * rows, em, room };
  }
  return best;
}

// cardEm -- as large as fits; but once figures are large enough, more room goes to more detail first.
function cardEm(width: number, height: number, rem: number): number {
  const tight = Math.min(width / TILE_EM.width, height / TILE_EM.height, EM_REM_ENOUGH * rem);
  const roomy = Math.min(width / ROOMY_EM.width, height / ROOMY_EM.height, EM_REM_MAX * rem);
  return Math.max(tight, roomy);
}

export interface Rows {
  em: number;
  perPage: number;
  rowHeight: number;
}

// planRows -- lines of a list or table: large while they all fit, then smaller down to what can still be read, then pages.
export function planRows(height: number, { rem, flow }: Screen, count: number, mostRem = 2): Rows {
  if (flow) return { em: rem, perPage: Math.max(1, count), rowHeight: 2.5 * rem };
  const ROW_EM = 1.7;
  const em = Math.max(1.2 * rem, Math.min(mostRem * rem, height / Math.max(1, count) / ROW_EM));
  const perPage = Math.max(1, Math.floor(height / (em * ROW_EM)));
  return { em, perPage, rowHeight: Math.min(height / perPage, em * ROW_EM * 1.35) };
}

export interface AgentCells {
  columns: number;
  rows: number;
  perPage: number;
  em: number;
}

const AGENTS_STEP = 5; // planned for in steps, so that one more agent rarely moves everything
const AGENT_EM_REM = [1.5, 1.375, 1.25, 1.125, 1, 0.9];

// planAgents -- the largest letters in which all are seen at once; else small ones, and pages.
export function planAgents(width: number, height: number, screen: Screen, count: number): AgentCells {
  const heads = AGENTS_STEP * Math.ceil(Math.max(1, count) / AGENTS_STEP);
  if (screen.flow) return { columns: 1, rows: count, perPage: Math.max(1, count), em: screen.rem };
  let cells: AgentCells = { columns: 1, rows: 1, perPage: 1, em: screen.rem };
  for (const size of AGENT_EM_REM) {
    const em = size * screen.rem;
    const gap = GAP_REM * screen.rem;
    const columns = Math.max(1, Math.floor((width + gap) / (AGENT_EM.width * em + gap)));
    const rows = Math.max(1, Math.floor(height / (AGENT_EM.height * em)));
    cells = { columns, rows, perPage: columns * rows, em };
    if (cells.perPage >= heads) break;
  }
  return cells;
}

export interface Page {
  from: number;
  to: number;
}

// pagesOf -- as few pages as it takes, equally full.
export function pagesOf(count: number, perPage: number): Page[] {
  const pages = Math.ceil(count / perPage);
  const size = Math.ceil(count / pages);
  return Array.from({ length: pages }, (_, i) => ({ from: i * size, to: Math.min(count, (i + 1) * size) }));
}
