// The wall clock of all three programs is set forward and back by an hour while they run (libfaketime, which leaves the
// monotonic clock alone), and a collector is killed: what the numbers, the health and the log say then.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readMetrics } from './lib/metrics.mjs';
import { System } from './lib/system.mjs';

const LIBRARY = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketimeMT.so.1`).find((path) => existsSync(path));
const sanitized = (process.env.ASAN_OPTIONS ?? process.env.TSAN_OPTIONS) !== undefined; // which must be loaded first themselves
const skip = sanitized ? 'not under a sanitizer' : !LIBRARY && 'no libfaketime on this machine';

class Floor {
  static async create() {
    const f = new Floor();
    f.s = await System.create();
    f.offsetS = 0;
    f.contacts = 0;
    f.set(0);
    process.env.LD_PRELOAD = LIBRARY; // of the programs started now
    Object.assign(process.env, { FAKETIME_TIMESTAMP_FILE: join(f.s.dir, 'clock'), FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
    try {
      writeFileSync(join(f.s.dir, 'events'), '');
      f.s.aggregator();
      f.s.wallboard();
      f.s.collector(`ndjson:${join(f.s.dir, 'events')}`);
    } finally {
      delete process.env.LD_PRELOAD;
    }
    await f.s.until('all is well', async () => (await f.health()).status === 'ok' && (await f.health()).sources.length === 1);
    return f;
  }
  /** Sets every program's wall clock, to so much beside the machine's. */
  set(offsetS) {
    this.offsetS = offsetS;
    writeFileSync(join(this.s.dir, 'clock'), `${offsetS < 0 ? '' : '+'}${offsetS}`);
  }
  nowUs() { return (Date.now() + this.offsetS * 1000) * 1000; }
  tell(...events) { appendFileSync(join(this.s.dir, 'events'), events.map((e) => `${JSON.stringify({ v: 1, ts: this.nowUs(), src: 'pbx', queue: 'sales', ...e })}\n`).join('')); }
  /** A contact that was answered after two seconds and has ended now. */
  answered() {
    const contact = `c${++this.contacts}`;
    const now = this.nowUs();
    this.tell({ kind: 'offered', contact, ts: now - 5e6 }, { kind: 'answered', contact, agent: 'ann', ts: now - 3e6 }, { kind: 'ended', contact, ts: now });
  }
  async health() { return (await this.s.fetch('/healthz')).json(); }
  async metrics() { return readMetrics(await (await this.s.fetch('/metrics')).text()).samples; }
  async kpi(window) { return (await this.s.json(`/api/v1/kpi?queue=sales&window=${window}`)).items[0]; }
  until(what, check) { return this.s.until(what, check); }
  untilAnswered(window, n) { return this.until(`${n} answered in ${window}`, async () => (await this.kpi(window)).answered === n); }
}

/** No number is below nothing, wherever it stands; but how far a clock is off, and who is ahead. */
function assertNoNegative(value, path) {
  if (typeof value === 'number') assert.ok(value >= 0, `${path} is ${value}`);
  else if (value !== null && typeof value === 'object') for (const [key, one] of Object.entries(value)) if (key !== 'skew_ms') assertNoNegative(one, `${path}.${key}`);
}

describe('time', { concurrency: true }, () => {
  it('the wall clock is set forward and back by an hour', { skip }, async () => {
    const f = await Floor.create();
    const { s } = f;
    const M = (name) => `floorcast_aggregator_${name}{cell="1"}`;
    try {
      f.answered();
      f.tell({ kind: 'offered', contact: 'waiting' });
      await f.untilAnswered('m15', 1);

      f.set(3600);
      await f.until('the step is noticed', async () => (await f.metrics()).get(M('engine_clock_set_forward_total')) === 1);
      await f.untilAnswered('m15', 0); // an hour ago, by this clock
      assert.equal((await f.kpi('day')).answered, 1);
      f.answered();
      await f.untilAnswered('m15', 1);
      const h = await f.health();
      assert.equal(h.status, 'ok', h.reasons.join()); // nobody is silent, nothing is stale: that is the monotonic clock's business
      assertNoNegative(h, 'healthz');
      const waited = f.nowUs() - (await f.kpi('now')).longest_wait_since_us;
      assert.ok(waited > 3600e6 && waited < 3700e6, `the wait lies across the step: ${waited} us`);
      assert.match(s.programs.get('aggregator').output(), /warn +the wall clock leapt ahead by 3[56]\d\d s/);
      assert.match(s.programs.get('collector').output(), /warn +the wall clock leapt ahead by 3[56]\d\d s/);

      f.set(0);
      await f.until('no screen looks live', async () => (await s.fetch('/healthz')).status === 503);
      const held = await f.health();
      assert.match(held.reasons[0], /^aggregator: its wall clock was set back and is 3[56]\d\d s behind/);
      assert.match(s.programs.get('aggregator').output(), /error the wall clock is 3[56]\d\d s behind the newest time seen/);
      assert.equal((await f.metrics()).get(M('engine_clock_set_back_total')), 1);
      assertNoNegative(held, 'healthz');
      f.answered(); // counted all the same, at its own time
      await f.untilAnswered('day', 3);
      f.tell({ kind: 'left', contact: 'waiting', reason: 'abandoned' });
      await f.until('it waits no more', async () => (await f.kpi('now')).waiting === 0);

      f.set(3600);
      await f.until('screens are live again', async () => (await s.fetch('/healthz')).status === 200);
      await f.untilAnswered('m15', 1); // of the hour that was lived twice: the second contact; the third lies an hour back
      const day = await f.kpi('day');
      assert.deepEqual([day.offered, day.answered, day.left.abandoned], [4, 3, 1]);
      assert.equal(day.asa_ms, 2000);
      assertNoNegative(day, 'day');
      assert.match(s.programs.get('aggregator').output(), /the wall clock has caught up/);
      await s.stop();
    } finally {
      await s.kill();
    }
  });

  it('a collector that is killed is missed, and what it fed says so until it is back', async () => {
    const s = await System.create();
    const health = async () => (await s.fetch('/healthz')).json();
    const lost = async () => (await s.json('/api/v1/kpi?queue=sales&window=now')).items[0].sources_lost;
    try {
      await s.start();
      const events = join(s.dir, 'events');
      writeFileSync(events, '');
      const collector = s.collector(`ndjson:${events}`);
      const [{ src }] = await s.until('it has beaten', async () => ((h) => h.sources.length === 1 && h.collectors.length === 1 && h.sources)(await health()));
      assert.match(src, /^collector:[0-9a-f]{8}$/);
      appendFileSync(events, `${JSON.stringify({ v: 1, kind: 'offered', ts: Date.now() * 1000, contact: 'c1', queue: 'sales' })}\n`);
      await s.until('the queue is there', async () => (await s.fetch('/api/v1/kpi?queue=sales&window=now')).status === 200);
      assert.equal(await lost(), undefined);
      const killedUs = Date.now() * 1000;
      await collector.stop('SIGKILL');
      const [named, ...others] = await s.until('the queue says so', lost);
      assert.deepEqual([named.src, named.state, others.length], [src, 'silent', 0]);
      assert.ok(named.since_us > killedUs - 6e6 && named.since_us < killedUs + 3e6, 'since its last word, not since that was noticed');
      const h = await s.until('its figures are old', async () => ((h) => h.collectors[0].status === 'degraded' && h)(await health()));
      assert.match(h.reasons.join('\n'), new RegExp(`^collector ${src.slice(10)}: silent for \\d+ s[^]*source ${src}: silent since`));
      assert.equal(h.status, 'degraded');
      s.collector(`ndjson:${events}`);
      await s.until('all is well again', async () => (await lost()) === undefined && (await health()).status === 'ok');
      await s.stop();
    } finally {
      await s.kill();
    }
  });
});
