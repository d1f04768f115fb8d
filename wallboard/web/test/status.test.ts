import assert from 'node:assert/strict';
import test from 'node:test';
import type { AgentState, KpiItem } from '../src/model/items';
import { ALERT, OK, serviceLevelOf, Steady, WARN, waitOf, type Level } from '../src/model/status';

const item = (change: Partial<KpiItem>): KpiItem => ({
  topic: 'queue/a/m15', ver: 1, at_us: 0, scope: 'queue', name: 'a', window: 'm15', waiting: 1,
  longest_wait_since_us: null, ewt_ms: null, agents: {} as Record<AgentState, number>, threshold_ms: 20_000, short_abandon_ms: 5_000, goal: 0.8, ...change,
});

test('service level: below the goal is a warning, certainly below it an alert, unknown is neither', () => {
  const level = (value: number | null, hi: number | null) => serviceLevelOf(item({ service_level: { value, n: 9, lo: 0, hi } }));
  assert.equal(level(0.8, 0.9), OK);
  assert.equal(level(0.7, 0.9), WARN);
  assert.equal(level(0.7, 0.79), ALERT);
  assert.equal(level(null, null), OK);
  assert.equal(serviceLevelOf(item({ goal: 0, service_level: { value: 0, n: 9, lo: 0, hi: 0.1 } })), OK);
});

test('longest wait: from the threshold on, and from three times the threshold on', () => {
  const level = (waitedMs: number) => waitOf(item({ longest_wait_since_us: 0 }), waitedMs);
  assert.deepEqual([20_000, 20_001, 60_000, 60_001].map(level), [OK, WARN, WARN, ALERT]);
  assert.equal(waitOf(item({ waiting: 0, longest_wait_since_us: 0 }), 99_000), OK);
});

test('a level rises after two steady seconds and falls after ten', () => {
  const steady = new Steady();
  const at = (second: number, level: Level) => steady.update(level, second * 1000);
  assert.equal(at(0, OK), OK);
  assert.equal(at(1, WARN), OK);
  assert.equal(at(2, OK), OK); // a blip
  assert.equal(at(3, WARN), OK);
  assert.equal(at(5, ALERT), WARN); // at least a warning for two seconds
  assert.equal(at(7, ALERT), ALERT);
  for (let s = 8; s <= 16; s++) assert.equal(at(s, s % 2 ? OK : WARN), ALERT); // below it, however it wavers
  assert.equal(at(17, WARN), WARN);
  assert.equal(at(26, OK), WARN);
  assert.equal(at(27, OK), OK);
});

test('the first level is shown at once', () => assert.equal(new Steady().update(ALERT, 0), ALERT));
