import assert from 'node:assert/strict';
import test from 'node:test';
import { readBoard, textIn, type Tile } from '../src/model/board';
import { figureOf, unitOf } from '../src/model/figure';
import type { KpiItem } from '../src/model/items';
import { brightnessAt, driftAt } from '../src/model/night';
import { Shelf } from '../src/model/shelf';
import { ALERT, OK, WARN } from '../src/model/status';
import { Watch, watched } from '../src/model/thresholds';

test('a board is read without trusting it', () => {
  for (const nothing of [null, 7, {}, { id: 'a' }, { tiles: [] }]) assert.equal(readBoard(nothing), null);
  const board = readBoard({ id: 'a', columns: 4, rows: 900, next_s: 1, theme: 'pink', tiles: [{ kind: 'dance', x: 9, y: -3, w: 70 }, 'tile'] })!;
  assert.deepEqual([board.columns, board.rows, board.nextMs, board.theme, board.title], [4, 48, 5000, 'dark', 'a']);
  const [first, second] = board.tiles;
  assert.deepEqual([first!.kind, first!.x, first!.y, first!.w, first!.h, second!.id], ['unknown', 3, 0, 1, 1, 't2']);
  assert.equal(textIn({ en: 'Floor' }, 'zh-CN'), 'Floor');
});

const item = (fields: object) => fields as KpiItem;

test('numbers are found by key and part, and absent where there is nothing', () => {
  const value = (kpi: string, fields: object) => figureOf(item(fields), kpi).value;
  assert.deepEqual(figureOf(item({ service_level: { value: 0.5, n: 8, lo: 0.2, hi: 0.8 } }), 'service_level'), { value: 0.5, n: 8, lo: 0.2, hi: 0.8, unit: 'ratio' });
  assert.equal(value('csat', { csat: { mean: 4.3, n: 9 } }), 4.3);
  assert.equal(value('rater.empathy', { rater: { empathy: null, n: 0 } }), null);
  assert.equal(value('left.timeout', { left: {} }), 0);
  assert.equal(value('agents', { agents: { available: 2, busy: 3, offline: 9 } }), 5);
  assert.equal(value('longest_wait_since_us', { waiting: 0, longest_wait_since_us: 5 }), null);
  assert.equal(value('offered', {}), null);
  assert.deepEqual(['asa_ms', 'longest_wait_since_us', 'fcr_matured', 'rater.empathy', 'waiting', 'nps', 'complaints.open'].map(unitOf), ['ms', 'instant', 'ratio', 'points', 'count', 'count', 'count']);
});

const tile = (fields: Partial<Tile>) => ({ kpi: 'occupancy', ...fields }) as Tile;

test('a level is left only when the number has come back by the hysteresis, and stayed there', () => {
  const watch = new Watch(tile({ warning: 0.8, alert: 0.7, hysteresis: 0.05 }));
  let second = 0;
  const at = (value: number, seconds = 1) => {
    let level = OK as number;
    for (let i = 0; i < seconds; i++) level = watch.update(item({}), { value, n: null, lo: null, hi: null, unit: 'ratio' }, 1000 * second++);
    return level;
  };
  assert.equal(at(0.65), ALERT);
  assert.equal(at(0.74, 60), ALERT); // back over 0.7, not over 0.75
  assert.equal(at(0.76, 60), WARN);
  assert.equal(at(0.84, 60), WARN);
  assert.equal(at(0.86, 9), WARN);
  assert.equal(at(0.86, 9), OK);
});

test('which side is worse is the tile\'s word, else the KPI\'s', () => {
  const level = (fields: Partial<Tile>, value: number) => new Watch(tile(fields)).update(item({}), { value, n: null, lo: null, hi: null, unit: 'count' }, 0);
  assert.equal(level({ kpi: 'waiting', warning: 5 }, 6), WARN);
  assert.equal(level({ kpi: 'waiting', warning: 5, better: 'high' }, 6), OK);
  assert.equal(level({ kpi: 'answered', alert: 5 }, 4), ALERT);
  assert.equal(level({ kpi: 'answered', goal: 5 }, 4), WARN);
  assert.deepEqual([watched(tile({})), watched(tile({ kpi: 'service_level' })), watched(tile({ goal: 1 }))], [false, true, true]);
});

test('night: past midnight, in its own zone', () => {
  const at = (time: string) => Date.parse(`2026-03-05T${time}:00Z`);
  const night = { from: '22:00', to: '06:00', zone: 'Asia/Shanghai', brightness: 0.3 };
  assert.deepEqual(['13:59', '14:00', '21:59', '22:00'].map((time) => brightnessAt(night, at(time))), [1, 0.3, 0.3, 1]);
  assert.equal(brightnessAt({ ...night, from: '08:00', to: '09:00' }, at('00:30')), 0.3);
  assert.equal(brightnessAt(undefined, 0), 1);
});

test('the drift stays within a few pixels and comes back', () => {
  const walk = Array.from({ length: 9 }, (_, minute) => driftAt(minute * 60_000));
  assert.ok(walk.every(({ x, y }) => Math.abs(x) <= 4 && Math.abs(y) <= 4));
  assert.equal(walk.reduce((sum, { x, y }) => sum + x + y, 0), 0);
});

function makeShelf(own: unknown = { id: 'floor', tiles: [] }) {
  const it = { mono: 0 };
  return { it, shelf: new Shelf('floor', readBoard(own), () => it.mono) };
}

test('a server without the board: the page\'s own copy where it has one, else words; a board that is saved later is shown', () => {
  const { it, shelf } = makeShelf();
  assert.equal(shelf.shown(false).kind, 'waiting');
  assert.equal(shelf.shown(true).kind, 'waiting');
  it.mono = 2500;
  const shown = shelf.shown(true);
  assert.ok(shown.kind === 'board' && shown.ownCopy);
  const other = makeShelf({ id: 'another', tiles: [] });
  other.shelf.shown(true);
  other.it.mono = 2500;
  assert.deepEqual(other.shelf.shown(true), { kind: 'unknown', id: 'floor' });
  other.shelf.told('floor', { id: 'floor', tiles: [] });
  assert.equal(other.shelf.shown(true).kind, 'board');
  other.shelf.told('floor', null);
  assert.equal(other.shelf.shown(true).kind, 'unknown');
});

test('boards take turns when their time is over, and what the next shows is asked for before', () => {
  const { it, shelf } = makeShelf();
  shelf.told('floor', { id: 'floor', next: 'b', next_s: 10, tiles: [] });
  assert.deepEqual(shelf.topics(), ['board/floor', 'board/b']);
  shelf.turn(true);
  it.mono = 10_000;
  assert.equal(shelf.turn(true), false); // the next one is not known: this one stays
  shelf.told('b', { id: 'b', next: 'floor', tiles: [] });
  it.mono = 3_000;
  assert.equal(shelf.upcoming(), null);
  it.mono = 9_000;
  assert.equal(shelf.upcoming()?.id, 'b');
  assert.equal(shelf.turn(true), false);
  it.mono = 10_000;
  assert.equal(shelf.turn(false), false); // nothing turns while the data is not good
  assert.equal(shelf.turn(true), true);
  assert.equal(shelf.id, 'b');
});
