import assert from 'node:assert/strict';
import test from 'node:test';
import { outcomeOf } from '../src/editor/model/api';
import { addTile, asBoard, complaintOf, documentOf, fits, gridOf, moveTile, placed, placeTile, resizeTile, retiled, validId, withField, withGrid, type BoardDoc, type TileDoc } from '../src/editor/model/document';
import { FIELDS, newTile, PALETTE, readIn, shownIn, usualOf } from '../src/editor/model/kinds';
import { Undo } from '../src/editor/model/undo';
import { reworded } from '../src/editor/model/wording';

const tile = (id: string, x: number, y: number, w: number, h: number): TileDoc => ({ id, kind: 'number', kpi: 'waiting', x, y, w, h });
const board = (...tiles: TileDoc[]): BoardDoc => ({ id: 'b', title: 'B', columns: 6, rows: 4, tiles });
const places = (doc: BoardDoc | null) => doc && doc.tiles.map(({ id, x, y, w, h }) => `${id} ${x},${y} ${w}x${h}`);

test('a tile that moves pushes what is in its way, and what is in its way', () => {
  const doc = board(tile('a', 0, 0, 2, 2), tile('b', 2, 0, 2, 1), tile('c', 4, 0, 1, 1));
  assert.deepEqual(places(moveTile(doc, 'a', 1, 0)), ['a 1,0 2x2', 'b 3,0 2x1', 'c 5,0 1x1']);
  assert.deepEqual(places(doc), ['a 0,0 2x2', 'b 2,0 2x1', 'c 4,0 1x1'], 'what was before stays as it was');
  assert.equal(moveTile(doc, 'a', -1, 0), null);
  assert.equal(moveTile(doc, 'nobody', 1, 0), null);
});

test('on a full board neighbours of one size change sides, others stay', () => {
  const full = board(tile('a', 0, 0, 2, 2), tile('b', 2, 0, 4, 2), tile('c', 0, 2, 6, 2));
  assert.deepEqual(places(moveTile(full, 'a', 1, 0)), ['a 4,0 2x2', 'b 0,0 4x2', 'c 0,2 6x2']);
  assert.equal(moveTile(full, 'a', 0, 1), null);
});

test('a tile grows into free room and pushes; it never leaves the grid or loses its last cell', () => {
  const doc = board(tile('a', 0, 0, 1, 1), tile('b', 1, 0, 4, 1));
  assert.deepEqual(places(resizeTile(doc, 'a', 1, 0)), ['a 0,0 2x1', 'b 2,0 4x1']);
  assert.equal(resizeTile(resizeTile(doc, 'a', 1, 0)!, 'a', 1, 0), null);
  assert.equal(resizeTile(doc, 'a', 0, -1), null);
});

test('whatever is moved and resized by chance, the server would take it', () => {
  const seed = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
  console.log(`FC_SEED=${seed}`);
  let state = seed;
  const chance = (below: number) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16) % below;
  let doc: BoardDoc = { ...board(), columns: 8, rows: 6 };
  let moved = 0;
  for (let i = 0; i < 6; i++) doc = addTile(doc, newTile(PALETTE[chance(PALETTE.length)]!, gridOf(doc), 'x'))?.doc ?? doc;
  for (let i = 0; i < 2000; i++) {
    const { id } = doc.tiles[chance(doc.tiles.length)]!;
    const step = [[1, 0], [-1, 0], [0, 1], [0, -1]][chance(4)] as [number, number];
    const next = (chance(2) === 0 ? moveTile : resizeTile)(doc, id, ...step);
    if (next === null) continue;
    moved++;
    assert.ok(fits(next.tiles, gridOf(next)), `${places(doc)} -> ${places(next)}`);
    doc = next;
  }
  assert.ok(moved > 20);
});

test('a new tile finds a free place and an id, until the board is full', () => {
  let doc: BoardDoc = { ...board(tile('t1', 0, 0, 5, 4)), columns: 6 };
  const made = addTile(doc, { kind: 'clock', w: 3, h: 2 })!;
  assert.equal(made.id, 't2');
  assert.deepEqual(places(made.doc)![1], 't2 5,0 1x1');
  doc = board(tile('t1', 0, 0, 6, 4));
  assert.equal(addTile(doc, { kind: 'clock', w: 1, h: 1 }), null);
});

test('what did not change is the same document; a grid too small is refused', () => {
  const doc = board(tile('a', 0, 0, 2, 2));
  assert.equal(placed(doc, new Map([['a', { x: 0, y: 0, w: 2, h: 2 }]])), doc);
  assert.equal(withGrid(doc, { columns: 1 }), null);
  assert.deepEqual(gridOf(withGrid(doc, { columns: 2 })!), { columns: 2, rows: 4 });
  assert.equal(placeTile(doc, 'a', { x: 5, y: 0, w: 2, h: 2 }), null);
  assert.deepEqual(withField({ a: 1, b: 2 }, 'a', undefined), { b: 2 });
});

test('undoing and redoing; what is typed into one field is one step', () => {
  const steps = new Undo('a');
  steps.change('ab', 'title');
  steps.change('abc', 'title');
  steps.change('x');
  steps.undo();
  assert.equal(steps.now, 'abc');
  steps.undo();
  assert.deepEqual([steps.now, steps.canUndo, steps.canRedo], ['a', false, true]);
  steps.redo();
  steps.change('y');
  assert.deepEqual([steps.now, steps.canRedo], ['y', false]);
});

test('the place that a refusal names is found', () => {
  assert.deepEqual(complaintOf('b: `tiles[3].window` is "now", expected'), { tile: 2, field: 'window', said: 'b: `tiles[3].window` is "now", expected' });
  assert.deepEqual([complaintOf('`tiles[2]` lies over tiles[1]').tile, complaintOf('`tiles[2]` lies over tiles[1]').field], [1, null]);
  assert.deepEqual([complaintOf('`night.from` is').tile, complaintOf('`night.from` is').field], [null, 'night']);
});

test('a document is what the server keeps, without what it says beside; YAML gets the name it is kept under', () => {
  assert.deepEqual(documentOf({ ...board(), rev: 3, saved_us: 1, origin: 'saved', drift: true }), { ...board(), drift: true });
  assert.equal(asBoard('id: floor\ntitle: x\n', 'copy'), 'id: copy\ntitle: x\n');
  assert.equal(asBoard('title: x\n', 'copy'), 'id: copy\ntitle: x\n');
  assert.deepEqual(['a', '-a', 'A', 'floor-2', ''].map(validId), [true, false, false, true, false]);
});

test('another kind keeps what it knows; shares are typed in per cent, times in seconds', () => {
  const before = { ...tile('a', 0, 0, 2, 2), window: 'day', goal: 3, scope: 'queue', name: 'sales' };
  assert.deepEqual(retiled(before, 'abandoned', FIELDS.abandoned, usualOf('abandoned', '')), { id: 'a', kind: 'abandoned', x: 0, y: 0, w: 2, h: 2, scope: 'queue', name: 'sales' });
  assert.equal(retiled(before, 'text', FIELDS.text, usualOf('text', 'Text')).text, 'Text');
  assert.deepEqual([shownIn('service_level', 0.07), readIn('service_level', '7'), readIn('asa_ms', '1.5'), readIn('waiting', '3'), readIn('waiting', '')], ['7', 0.07, 1500, 3, undefined]);
});

test('a text of two languages, and of one', () => {
  assert.deepEqual(reworded('Floor', 'zh-CN', '大厅'), { en: 'Floor', 'zh-CN': '大厅' });
  assert.equal(reworded({ en: 'A', 'zh-CN': 'B' }, 'zh-CN', 'A'), 'A');
  assert.equal(reworded({ en: 'A' }, 'en', ''), undefined);
});

test('answers to saving', () => {
  assert.deepEqual(outcomeOf(409, { rev: 4, error: 'x' }), { kind: 'conflict', rev: 4 });
  assert.deepEqual(outcomeOf(403, { error: 'boards are read-only: started without --data' }), { kind: 'readOnly' });
  assert.deepEqual(outcomeOf(400, { error: 'no' }), { kind: 'refused', said: 'no' });
  assert.deepEqual(outcomeOf(503, {}), { kind: 'failed', said: '503' });
});
