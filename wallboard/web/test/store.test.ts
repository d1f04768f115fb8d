import assert from 'node:assert/strict';
import test from 'node:test';
import type { AgentState, Item, KpiItem } from '../src/model/items';
import { Store } from '../src/model/store';
import type { Tick } from '../src/net/protocol';
import { readBoard } from '../src/model/board';
import { Shelf } from '../src/model/shelf';
import { SAMPLES } from '../src/model/trend';

const DAY_MS = 1_700_000_000_000;

const BOARD = { id: 'floor', tiles: [{ kind: 'queues', window: 'm15', w: 12, h: 6 }, { kind: 'agents', y: 6, w: 12, h: 2 }] };

function makeStore(document: unknown = BOARD) {
  const it = { mono: 0, frames: 0, reloads: 0 };
  const shelf = new Shelf('floor', readBoard(BOARD), () => it.mono);
  const store = new Store(shelf, () => it.mono, () => void it.frames++, () => void it.reloads++);
  shelf.told('floor', document);
  const us = () => (DAY_MS + it.mono) * 1000;
  return {
    it,
    store,
    us,
    hello: (build = 'a', at_us = us()) => (store.opened(), store.apply({ type: 'hello', version: '1', build, at_us, now_us: us() })),
    tick: (feed: 'up' | 'down' = 'up', at_us = us(), more: Partial<Tick> = {}) => store.apply({ type: 'tick', at_us, now_us: us(), feed, ...more }),
    state: (...items: Item[]) => store.apply({ type: 'state', at_us: us(), items }),
  };
}

const queues = (...names: string[]): Item => ({ topic: 'queues', queues: names });
const kpis = (name: string, change: Partial<KpiItem> = {}): KpiItem => ({
  topic: `queue/${name}/m15`, ver: 1, at_us: 0, scope: 'queue', name, window: 'm15', waiting: 0, longest_wait_since_us: null,
  ewt_ms: null, agents: {} as Record<AgentState, number>, threshold_ms: 20_000, short_abandon_ms: 5_000, goal: 0.8, ...change,
});

test('many messages, one frame', () => {
  const { it, store, hello, state } = makeStore();
  hello();
  for (let i = 0; i < 50; i++) state(queues('a'), kpis('a', { waiting: i }));
  assert.equal(it.frames, 1);
  assert.equal(store.view().tiles[0]!.queues[0]!.main!.waiting, 49);
  state(kpis('a'));
  assert.equal(it.frames, 2);
});

test('what did not change keeps its identity', () => {
  const { store, hello, state } = makeStore();
  hello();
  state(queues('a', 'b'), kpis('a'), kpis('b'));
  const before = store.view().tiles[0]!.queues;
  state(kpis('b', { waiting: 1 }));
  const after = store.view().tiles[0]!.queues;
  assert.equal(before[0], after[0]);
  assert.notEqual(before[1], after[1]);
});

test('subscribes to the board and what its tiles show; to all queues where they are too many to name', () => {
  const { store, hello, state } = makeStore();
  assert.deepEqual(store.topics(), ['queues', 'sources', 'alerts', 'boards', 'board/floor', 'agents/all']);
  hello();
  state(queues('a/b', '50%'));
  assert.deepEqual(store.topics().slice(5), ['queue/a%2Fb/m15', 'queue/a%2Fb/day', 'queue/50%25/m15', 'queue/50%25/day', 'agents/all']);
  state(queues(...Array.from({ length: 300 }, (_, i) => `a queue with a long name ${i}`)));
  assert.deepEqual(store.topics().slice(5), ['agents/all', 'queue/*']);
});

test('a queue that is gone is forgotten, and so is a topic with a tombstone', () => {
  const { store, hello, state } = makeStore();
  hello();
  state(queues('a', 'b'), kpis('a'), kpis('b'));
  state(queues('b'), { topic: 'queue/b/m15', gone: true });
  assert.deepEqual(store.view().tiles[0]!.queues.map(({ name }) => name), ['b']);
  assert.equal(store.find('queue/a/m15'), null);
  assert.equal(store.find('queue/b/m15'), null);
  assert.equal(store.view().tiles[0]!.queues[0]!.main, null);
});

test('the age of the data is what the server tells by its own watch, whatever wall clocks say', () => {
  const { it, store, us, hello, tick, state } = makeStore();
  hello();
  state(queues('a'), kpis('a'));
  tick('up', us() - 30_000_000, { age_ms: 400 }); // the aggregator's machine is 30 s behind
  assert.deepEqual(store.pulse.freshness(), { phase: 'live', ageMs: 400, culprit: null });
  it.mono = 1000;
  tick('down', us(), { age_ms: 5_000, why: 'stuck' }); // it beats, and its clock goes on
  assert.deepEqual(store.pulse.freshness(), { phase: 'stale', ageMs: 5_000, culprit: 'engine' });
  tick('down', us() - 3_600_000_000, { age_ms: 12_000, why: 'clock' });
  assert.deepEqual(store.pulse.freshness(), { phase: 'stale', ageMs: 12_000, culprit: 'clock' });
  tick('down', us(), { age_ms: 4_000, why: 'silent' });
  assert.equal(store.pulse.freshness().culprit, 'aggregator');
  tick('up', us(), { age_ms: 100 });
  assert.equal(store.pulse.freshness().phase, 'live');
});

test('seconds stand still while the data is not good, and go on when it is', () => {
  const { it, store, hello, tick, state } = makeStore();
  hello();
  tick();
  state(queues('a'), kpis('a'));
  it.mono = 1000;
  tick();
  assert.equal(store.nowMs(), DAY_MS + 1000);
  it.mono = 9000;
  tick('down', (DAY_MS + 1000) * 1000);
  assert.equal(store.pulse.freshness().phase, 'stale');
  assert.equal(store.nowMs(), DAY_MS + 1000);
  it.mono = 10_000;
  tick();
  assert.equal(store.pulse.freshness().phase, 'live');
  assert.equal(store.nowMs(), DAY_MS + 10_000);
});

test('a full disk stops the seconds and goes with the tick that says no more of it; a checkpoint alone changes nothing', () => {
  const { it, store, us, hello, tick, state } = makeStore();
  hello();
  tick();
  state(queues('a'), kpis('a'));
  it.mono = 2000;
  store.apply({ type: 'tick', at_us: us(), now_us: us(), feed: 'up', stall: 'full', stall_us: us() - 90e6 });
  assert.deepEqual(store.pulse.freshness(), { phase: 'stale', ageMs: 90_000, culprit: 'disk', sinceMs: DAY_MS + 2000 - 90_000 });
  const stopped = store.nowMs();
  it.mono = 4000;
  store.apply({ type: 'tick', at_us: us(), now_us: us(), feed: 'up', stall: 'full', stall_us: us() - 92e6 });
  assert.equal(store.nowMs(), stopped);
  tick();
  assert.equal(store.pulse.freshness().phase, 'live');
  store.apply({ type: 'tick', at_us: us(), now_us: us(), feed: 'up', stall: 'checkpoint', stall_us: us() });
  assert.equal(store.pulse.freshness().phase, 'live');
});

test('a replay is live however old its events are, and waits are measured in its own time', () => {
  const { it, store, hello, tick, state } = makeStore();
  const long_ago = 1_000_000_000_000_000;
  hello('a', long_ago);
  state(queues('a'), kpis('a'));
  assert.equal(store.pulse.freshness().phase, 'loading'); // a dead aggregator would look the same until the first tick
  tick('up', long_ago);
  assert.equal(store.pulse.freshness().phase, 'live');
  assert.equal(store.nowMs(), long_ago / 1000);
  it.mono = 5000;
  tick('down', long_ago);
  assert.deepEqual([store.pulse.freshness().phase, store.pulse.freshness().ageMs], ['stale', 5000]);
});

test('clocks that disagree by seconds do not make living data stale', () => {
  const { store, us, hello, tick, state } = makeStore();
  hello('a', us() - 8e6);
  state(queues('a'));
  tick('up', us() - 8e6);
  assert.equal(store.pulse.freshness().phase, 'live');
});

test('after a reconnect a queue is marked old until it was sent again', () => {
  const { store, hello, state } = makeStore();
  hello();
  state(queues('a', 'b'), kpis('a'), kpis('b'));
  store.lost();
  hello();
  assert.deepEqual(store.view().tiles[0]!.queues.map(({ old }) => old), [true, true]);
  state(queues('a', 'b'), kpis('a'));
  assert.deepEqual(store.view().tiles[0]!.queues.map(({ old }) => old), [false, true]);
});

test('reloads for another build, not for another connection', () => {
  const { it, hello } = makeStore();
  hello('a');
  hello('a');
  assert.equal(it.reloads, 0);
  hello('b');
  assert.equal(it.reloads, 1);
});

test('names sources that are not up, recent gaps and clocks that are off', () => {
  const { store, us, hello, tick, state } = makeStore();
  hello();
  tick();
  const source = { since_us: us() - 60e6, heard_us: 0, gaps: 1 };
  state(queues('a'), {
    topic: 'sources',
    sources: [
      { ...source, src: 'up', state: 'up', gap_us: us() - 3600e6 },
      { ...source, src: 'silent', state: 'silent' },
      { ...source, src: 'gap', state: 'up', gap_us: us() - 60e6 },
      { ...source, src: 'taken away', state: 'silent', since_us: us() - 25 * 3600e6 },
      { ...source, src: 'ahead', state: 'up', gap_us: null, skew_ms: 90_000, skewed: true },
    ],
  });
  store.nowMs();
  assert.deepEqual(store.view().sources.map(({ src }) => src), ['silent', 'gap', 'ahead']);
});

test('a week of seconds holds no more than twenty minutes of them', () => {
  const { it, store, hello, tick, state } = makeStore();
  hello();
  tick();
  state(queues('a'), kpis('a', { waiting: 3 }));
  store.view();
  for (let s = 0; s < 7 * 86_400; s += 7) {
    it.mono += 7000;
    tick();
    store.second();
  }
  const { trend } = store.view().tiles[0]!.queues[0]!;
  assert.equal(trend.times.length, SAMPLES);
  assert.equal(trend.values.length, SAMPLES);
  assert.equal(trend.peak(), 3);
});

test('a tile says what it shows is not known, two seconds after it was asked for', () => {
  const { it, store, hello, tick, state } = makeStore({ id: 'floor', tiles: [{ kind: 'number', kpi: 'waiting', scope: 'queue', name: 'nobody' }] });
  hello();
  tick();
  state(queues('a'));
  store.second();
  assert.deepEqual([store.view().tiles[0]!.told, store.view().tiles[0]!.unknown], [false, false]);
  it.mono = 2500;
  tick();
  store.second();
  assert.equal(store.view().tiles[0]!.unknown, true);
});

test('an item of all channels stands for one only where there is no other', () => {
  const { store, hello, tick, state } = makeStore({ id: 'floor', tiles: [{ kind: 'number', kpi: 'offered', scope: 'queue', name: 'a', channel: 'voice', window: 'm15' }] });
  hello();
  tick();
  state(queues('a'), kpis('a', { offered: 7, channels: ['chat', 'voice'] }));
  assert.deepEqual(store.topics().slice(5), ['queue/a/voice/m15', 'queue/a/m15']);
  assert.equal(store.view().tiles[0]!.item, null);
  state(kpis('a', { offered: 7, channels: ['voice'] }));
  assert.equal(store.view().tiles[0]!.figure.value, 7);
});

test('what becomes worth acting sounds once, what was so from the start does not', () => {
  const { store, it, hello, tick, state } = makeStore({ id: 'floor', tiles: [{ kind: 'number', kpi: 'waiting', warning: 2, alert: 5 }] });
  const waiting = (n: number): Item => ({ ...kpis('all', { waiting: n }), topic: 'group/all/now', scope: 'all' });
  hello();
  tick();
  state(queues('a'), waiting(9));
  assert.deepEqual([store.view().tiles[0]!.level, store.view().alarms], [2, 0]);
  for (let second = 1; second <= 20; second++) {
    it.mono = second * 1000;
    tick();
    state(waiting(second < 15 ? 1 : 9));
    store.view();
    store.second();
  }
  assert.deepEqual([store.view().tiles[0]!.level, store.view().alarms], [2, 1]);
});

test('a board saved anew keeps the memory of tiles that stayed', () => {
  const { store, hello, tick, state } = makeStore();
  hello();
  tick();
  state(queues('a'), kpis('a', { waiting: 3 }));
  const { trend } = store.view().tiles[0]!.queues[0]!;
  state({ topic: 'board/floor', ver: 2, board: { ...BOARD, tiles: [BOARD.tiles[0], { kind: 'clock', y: 6, w: 2, h: 2 }] } });
  assert.equal(store.view().tiles[0]!.queues[0]!.trend, trend);
  assert.equal(store.view().tiles[1]!.tile.kind, 'clock');
});
