// A board as it is edited: the document that the server keeps, with every key it has, also those that this page does not
// know. Nothing here changes a document: each step makes a new one, so that undoing is keeping the old.
import type { Kind, Text } from '../../model/board';

export interface TileDoc {
  id: string;
  kind: Kind;
  x: number;
  y: number;
  w: number;
  h: number;
  [key: string]: unknown;
}

export interface BoardDoc {
  id: string;
  title: Text;
  columns?: number;
  rows?: number;
  tiles: TileDoc[];
  [key: string]: unknown;
}

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Grid {
  columns: number;
  rows: number;
}

export const TILES_MAX = 60;
export const CELLS_MAX = 48;
const ABOUT = ['rev', 'saved_us', 'origin']; // what the server says beside the document

export const gridOf = (doc: BoardDoc): Grid => ({ columns: doc.columns ?? 12, rows: doc.rows ?? 8 });
export const emptyBoard = (id: string): BoardDoc => ({ id, title: id, columns: 12, rows: 8, tiles: [] });

// documentOf -- of the server's answer: the document alone, each tile with an id.
export function documentOf(answer: Record<string, unknown>): BoardDoc {
  const doc = Object.fromEntries(Object.entries(answer).filter(([key]) => !ABOUT.includes(key))) as BoardDoc;
  return { ...doc, tiles: doc.tiles.map((tile, at) => ({ ...tile, id: tile.id ?? `t${at + 1}` })) };
}

export const overlaps = (a: Place, b: Place): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
export const within = ({ x, y, w, h }: Place, { columns, rows }: Grid): boolean => x >= 0 && y >= 0 && w >= 1 && h >= 1 && x + w <= columns && y + h <= rows;

// fits -- every tile inside the grid, none over another: what the server will take.
export function fits(tiles: Place[], grid: Grid): boolean {
  return tiles.every((tile, i) => within(tile, grid) && tiles.every((other, j) => j <= i || !overlaps(tile, other)));
}

export const indexOf = (doc: BoardDoc, id: string): number => doc.tiles.findIndex((tile) => tile.id === id);

// placed -- the document with tiles elsewhere; itself where none has moved.
export function placed(doc: BoardDoc, places: ReadonlyMap<string, Place>): BoardDoc {
  let moved = false;
  const tiles = doc.tiles.map((tile) => {
    const place = places.get(tile.id);
    if (!place || (place.x === tile.x && place.y === tile.y && place.w === tile.w && place.h === tile.h)) return tile;
    moved = true;
    return { ...tile, ...place };
  });
  return moved ? { ...doc, tiles } : doc;
}

interface Step {
  dx: number;
  dy: number;
}

// pushed -- tile `at` stands at `place`; those in its way give way by one cell, and those in theirs. Null: no room.
function pushed(tiles: TileDoc[], at: number, place: Place, step: Step, grid: Grid): TileDoc[] | null {
  if (!within(place, grid)) return null;
  let next: TileDoc[] | null = tiles.map((tile, i) => (i === at ? { ...tile, ...place } : tile));
  for (let i = 0; next !== null && i < next.length; i++) {
    const other: TileDoc = next[i]!;
    if (i === at || !overlaps(other, next[at]!)) continue;
    next = pushed(next, i, { x: other.x + step.dx, y: other.y + step.dy, w: other.w, h: other.h }, step, grid);
  }
  return next;
}

// swapped -- where nothing can give way: a neighbour of the same height (or width) changes sides.
function swapped(tiles: TileDoc[], at: number, { dx, dy }: Step): TileDoc[] | null {
  const tile = tiles[at]!;
  const other = tiles.findIndex((one, i) => i !== at && overlaps(one, { ...tile, x: tile.x + dx, y: tile.y + dy }));
  const beside = tiles[other];
  if (!beside) return null;
  if (dx !== 0 ? beside.y !== tile.y || beside.h !== tile.h : beside.x !== tile.x || beside.w !== tile.w) return null;
  return tiles.map((one, i) => {
    if (i === at) return { ...one, x: one.x + dx * beside.w, y: one.y + dy * beside.h };
    return i === other ? { ...one, x: one.x - dx * tile.w, y: one.y - dy * tile.h } : one;
  });
}

// moveTile -- by one cell. Null: the grid ends there, or those in the way cannot give way.
export function moveTile(doc: BoardDoc, id: string, dx: number, dy: number): BoardDoc | null {
  const at = indexOf(doc, id);
  const tile = doc.tiles[at];
  if (!tile) return null;
  const grid = gridOf(doc);
  const to = { x: tile.x + dx, y: tile.y + dy, w: tile.w, h: tile.h };
  const tiles = pushed(doc.tiles, at, to, { dx, dy }, grid) ?? swapped(doc.tiles, at, { dx, dy });
  return tiles && fits(tiles, grid) ? { ...doc, tiles } : null;
}

// resizeTile -- its right and lower edge by one cell.
export function resizeTile(doc: BoardDoc, id: string, dw: number, dh: number): BoardDoc | null {
  const at = indexOf(doc, id);
  const tile = doc.tiles[at];
  if (!tile) return null;
  const to = { x: tile.x, y: tile.y, w: tile.w + dw, h: tile.h + dh };
  const tiles = pushed(doc.tiles, at, to, { dx: Math.max(0, dw), dy: Math.max(0, dh) }, gridOf(doc));
  return tiles ? { ...doc, tiles } : null;
}

// placeTile -- exactly there, if nothing else is.
export function placeTile(doc: BoardDoc, id: string, place: Place): BoardDoc | null {
  const next = placed(doc, new Map([[id, place]]));
  return fits(next.tiles, gridOf(doc)) ? next : null;
}

// freePlace -- the first place, line by line, for a tile of this size; else a smaller one; null: the grid is full.
export function freePlace(doc: BoardDoc, w: number, h: number): Place | null {
  const grid = gridOf(doc);
  const sizes: [number, number][] = [[w, h], [Math.ceil(w / 2), Math.ceil(h / 2)], [1, 1]];
  for (const [width, height] of sizes) {
    for (let y = 0; y + height <= grid.rows; y++) {
      for (let x = 0; x + width <= grid.columns; x++) {
        const place = { x, y, w: width, h: height };
        if (!doc.tiles.some((tile) => overlaps(tile, place))) return place;
      }
    }
  }
  return null;
}

export function freeId(doc: BoardDoc): string {
  for (let n = 1; ; n++) if (indexOf(doc, `t${n}`) < 0) return `t${n}`;
}

// addTile -- at a free place, with an id of its own. Null: no room, or as many as a board may have.
export function addTile(doc: BoardDoc, fields: { kind: Kind; w: number; h: number }): { doc: BoardDoc; id: string } | null {
  const place = freePlace(doc, fields.w, fields.h);
  if (place === null || doc.tiles.length >= TILES_MAX) return null;
  const id = freeId(doc);
  return { doc: { ...doc, tiles: [...doc.tiles, { ...fields, ...place, id } as TileDoc] }, id };
}

export function removeTile(doc: BoardDoc, id: string): BoardDoc {
  return { ...doc, tiles: doc.tiles.filter((tile) => tile.id !== id) };
}

// withField -- a key of the board or of a tile; undefined takes it away.
export function withField<T extends object>(fields: T, key: string, value: unknown): T {
  const { [key]: _, ...rest } = fields as Record<string, unknown>;
  return (value === undefined ? rest : { ...fields, [key]: value }) as T;
}

export function withTile(doc: BoardDoc, id: string, change: (tile: TileDoc) => TileDoc): BoardDoc {
  return { ...doc, tiles: doc.tiles.map((tile) => (tile.id === id ? change(tile) : tile)) };
}

// withGrid -- another number of cells. Null: a tile would stand outside.
export function withGrid(doc: BoardDoc, grid: Partial<Grid>): BoardDoc | null {
  const next = { ...doc, ...grid };
  return fits(next.tiles, gridOf(next)) ? next : null;
}

// retiled -- of another kind: what the new kind does not know goes, so that the server takes it.
export function retiled(tile: TileDoc, kind: Kind, known: readonly string[], usual: Record<string, unknown>): TileDoc {
  const kept = Object.entries(tile).filter(([key]) => ['id', 'x', 'y', 'w', 'h', 'title'].includes(key) || known.includes(key));
  return { ...usual, ...Object.fromEntries(kept), kind } as TileDoc;
}

export interface Complaint {
  tile: number | null; // its index
  field: string | null;
  said: string;
}

// complaintOf -- the place that a refusal names: `tiles[3].window`, counted from 1, or a key of the board.
export function complaintOf(said: string): Complaint {
  const place = /`([^`]+)`/.exec(said)?.[1] ?? '';
  const tile = /^tiles\[(\d+)\]/.exec(place);
  if (tile) return { tile: Number(tile[1]) - 1, field: /^tiles\[\d+\]\.(\w+)/.exec(place)?.[1] ?? null, said };
  return { tile: null, field: /^\w+/.exec(place)?.[0] ?? null, said };
}

// asBoard -- the YAML of a board, to be kept under another id.
export function asBoard(yaml: string, id: string): string {
  return /^id:.*$/m.test(yaml) ? yaml.replace(/^id:.*$/m, `id: ${id}`) : `id: ${id}\n${yaml}`;
}

export const validId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(id);
