import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteClock } from '../src/model/clock';
import { judge, type Signs } from '../src/model/freshness';

const live: Signs = { connected: true, complete: true, lostAtMs: null, serverHeardMs: 0, stall: null, data: { ageMs: 100, heardMs: 0 } };

test('no numbers are shown before the first data, whoever is to blame', () => {
  assert.deepEqual(judge({ ...live, complete: false }, 0), { phase: 'loading', ageMs: null, culprit: 'aggregator' });
  assert.equal(judge({ ...live, data: null }, 0).phase, 'loading');
  assert.equal(judge({ connected: false, complete: false, lostAtMs: 0, serverHeardMs: null, stall: null, data: null }, 4000).culprit, 'network');
});

test('stale after three seconds: the aggregator is silent while the server ticks, else the server is', () => {
  assert.equal(judge(live, 2900).phase, 'live');
  assert.deepEqual(judge({ ...live, serverHeardMs: 4000 }, 4000), { phase: 'stale', ageMs: 4100, culprit: 'aggregator' });
  assert.equal(judge(live, 4000).culprit, 'server');
});

test('cut off only after the grace, so that a quick return does not flash', () => {
  const lost = { ...live, connected: false, lostAtMs: 1000 };
  assert.equal(judge(lost, 3900).phase, 'live');
  assert.deepEqual(judge(lost, 4100), { phase: 'cut', ageMs: 4200, culprit: 'network' });
});

test('a full disk makes what is shown stale from then on, and says since when; who is silent counts more', () => {
  const stall = { sinceMs: 1_700_000_000_000, ageMs: 60_000, heardMs: 500 };
  assert.deepEqual(judge({ ...live, stall }, 1500), { phase: 'stale', ageMs: 61_000, culprit: 'disk', sinceMs: 1_700_000_000_000 });
  assert.equal(judge({ ...live, stall }, 4000).culprit, 'server');
  assert.equal(judge({ ...live, stall, connected: false, lostAtMs: 0 }, 4000).phase, 'cut');
});

test('a remote clock takes the least delayed sample, follows drift and steps', () => {
  let mono = 0;
  const clock = new RemoteClock(() => mono);
  assert.equal(clock.nowMs(), null);
  const hear = (sentMs: number, atMs: number) => ((mono = atMs), clock.sample(sentMs * 1000), clock.nowMs()! - mono);
  assert.equal(hear(10_000, 100), 9_900);
  assert.equal(hear(11_000, 1_050), 9_950); // less delayed: truer
  assert.equal(hear(12_000, 2_500), 9_949); // delayed: only a little is given up
  assert.equal(hear(99_000, 3_000), 96_000); // the clock was set
});
