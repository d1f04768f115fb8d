// /healthz and /metrics of the whole system: every figure has its help, and what goes wrong is told, where and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetrics } from './lib/metrics.mjs';
import { System } from './lib/system.mjs';
import { dealer, pack } from './lib/zmtp.mjs';

const SPOOL = 'fedcba98'.repeat(4);
const us = (plusSeconds = 0) => (Date.now() + plusSeconds * 1000) * 1000;

async function metrics(s) {
  return readMetrics(await (await s.fetch('/metrics')).text()).samples;
}
const health = async (s) => (await s.fetch('/healthz')).json();

/** Waits until a sample has risen by `by` above what it was in `before`. */
const rises = (s, before, key, by = 1) =>
  s.until(`${key} rises by ${by}`, async () => {
    const now = (await metrics(s)).get(key);
    assert.ok(before.has(key) || now !== undefined, `${key} is not there`);
    return now === (before.get(key) ?? 0) + by;
  });

test('health and metrics of the whole system', async (t) => {
  const s = await System.create();
  const A = (name, labels = '') => `floorcast_aggregator_${name}{cell="1"${labels}}`;
  try {
    await s.start();
    s.collector(`zmq://127.0.0.1:${s.ingest}`);
    const collector = await s.until('the collector has told how it is', async () => (await health(s)).collectors[0]);
    const C = (name, labels = '') => `floorcast_collector_${name}{collector="${collector.id}"${labels}}`;
    const link = await dealer(s.listen);

    await t.test('all is well, part by part', async () => {
      const h = await s.until('the collector has beaten', async () => ((h) => h.sources.length === 1 && h)(await health(s)));
      assert.deepEqual([h.status, h.reasons], ['ok', []]);
      for (const part of [h.wallboard, h.aggregator, ...h.collectors, ...h.sources]) assert.deepEqual([part.status, part.reasons], ['ok', []]);
      assert.equal(h.sources[0].src, `collector:${collector.id}`);
      assert.equal(collector.sources[0].uri, `zmq://127.0.0.1:${s.ingest}`);
      const m = await metrics(s);
      for (const key of [A('resident_memory_bytes'), A('open_fds'), A('max_fds'), A('ring_capacity', ',ring="events"'), A('store_map_bytes'), A('ingest_blocks_free'), C('resident_memory_bytes'), C('open_fds'), C('spool_limit_bytes'), C('aggregator_connections_total'), 'floorcast_wallboard_open_fds', `floorcast_source_up{source="collector:${collector.id}"}`])
        assert.ok(m.get(key) > 0, `${key} is ${m.get(key)}`);
    });

    await t.test('a message that is no batch is refused, and counted', async () => {
      const before = await metrics(s);
      link.send(Buffer.from('nonsense'));
      await rises(s, before, A('ingest_batches_refused_total'));
    });

    await t.test('events that cannot be used, gaps and a wrong clock are counted and named', async () => {
      const before = await metrics(s);
      const events = [
        { v: 1, kind: 'gap', ts: us(), src: 'pbx9', reason: 'the line was cut' },
        { v: 1, kind: 'offered', ts: us() }, // of what?
        { v: 1, kind: 'danced', ts: us() },
        { v: 1, kind: 'offered', ts: us(90), src: 'pbx9', contact: 'c1', queue: 'sales' },
        { v: 1, kind: 'offered', ts: us(), contact: 'c2', queue: 'sales' },
      ];
      link.send(pack([1, 'hello', SPOOL]));
      link.send(pack([1, 'batch', SPOOL, 1, events.length, Buffer.concat(events.map(pack))]));
      // A batch that comes before the writer knows the spool is left, as the link says; a collector sends it again.
      await s.until('the batch is in', async () => {
        if ((await metrics(s)).get(A('engine_gaps_total')) === 1) return true;
        link.send(pack([1, 'batch', SPOOL, 1, events.length, Buffer.concat(events.map(pack))]));
        return false;
      });
      await rises(s, before, A('events_rejected_total', ',reason="invalid"'));
      await rises(s, before, A('events_rejected_total', ',reason="unknown_kind"'));
      await rises(s, before, A('engine_events_unread_total'), 2);
      await rises(s, before, 'floorcast_source_gaps_total{source="pbx9"}');
      const skew = await s.until('the skew is told', async () => (await metrics(s)).get('floorcast_source_clock_skew_seconds{source="pbx9"}'));
      assert.ok(skew > 80 && skew <= 90, `${skew} s`);
      assert.equal((await metrics(s)).get('floorcast_source_clock_skewed{source="pbx9"}'), 1);
      const listed = (await s.json('/api/v1/sources')).sources.find(({ src }) => src === 'pbx9');
      assert.ok(listed.skewed && listed.skew_ms > 80_000 && listed.skew_ms <= 90_000);
      const h = await health(s);
      assert.equal(h.status, 'degraded');
      assert.match(h.reasons.join(), /source pbx9: its clock is 8\d\.\d s ahead|source pbx9: its clock is 90\.0 s ahead/);
      assert.equal((await s.fetch('/healthz')).status, 200); // the screens are right as far as they go
    });

    await t.test('the way from an event to a frame is measured', async () => {
      const m = await s.until('a lag was noted', async () => ((m) => m.get('floorcast_wallboard_lag_received_seconds_count') > 0 && m)(await metrics(s)));
      assert.ok(m.get('floorcast_wallboard_lag_event_seconds_count') > 0);
      assert.ok((await health(s)).lag.received.p99_ms >= 0);
    });

    await t.test("a producer's nonsense is counted where it came in", async () => {
      const producer = await dealer(s.ingest);
      const key = C('source_rejected_total', `,source="zmq://127.0.0.1:${s.ingest}",reason="rejected"`);
      const before = await metrics(s);
      assert.equal(before.get(key), 0);
      producer.send(Buffer.from('nonsense'));
      await rises(s, before, key);
      producer.close();
    });

    await t.test('an aggregator that hangs is no live screen', async () => {
      s.programs.get('aggregator').child.kill('SIGSTOP');
      await s.until('503', async () => (await s.fetch('/healthz')).status === 503);
      const h = await health(s);
      assert.equal(h.status, 'stale');
      assert.match(h.aggregator.reasons[0], /^silent for \d+\.\d s/);
      assert.match(h.reasons[0], /^aggregator: silent for/);
      assert.equal((await metrics(s)).get('floorcast_wallboard_feed_up'), 0);
      s.programs.get('aggregator').child.kill('SIGCONT');
      await s.until('200 again', async () => (await s.fetch('/healthz')).status === 200);
    });
    link.close();
    await s.stop();
  } finally {
    s.kill();
  }
});
