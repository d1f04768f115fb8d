// Producers that are faster than the aggregator: nobody's memory grows, the producer is told to wait, nothing accepted is
// lost or counted twice, and it is all over when the cause is. FC_OVERLOAD_S=120 does it for that long (3 s) and prints
// memory and delays.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Producer } from './lib/producer.mjs';
import { bin, sleep, System } from './lib/system.mjs';

const SECONDS = Number(process.env.FC_OVERLOAD_S ?? 3);
const DAY_US = (Date.now() - 900_000) * 1000;
const MIB = 1 << 20;
const faulty = join(bin, 'tests/libfaulty.so');
const instrumented = /libasan|libtsan/.test(readFileSync(join(bin, 'floorcast-collector'), 'latin1'));

/** 0: it is just ending. */
const rss = (program) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

/** Sends pairs of events, a message after the other, and what was refused again, as a producer should. */
class Load {
  static async start(s, name) {
    const load = new Load();
    Object.assign(load, { name, made: 0, accepted: 0, refused: 0, reasons: new Set(), replies: [], going: true });
    load.producer = await Producer.connect(s.ingest);
    load.done = load.run();
    return load;
  }
  message() {
    return Array.from({ length: 100 }, () => {
      const contact = `${this.name}-${this.made++}`;
      const ts = DAY_US + this.made * 1000;
      return [{ v: 1, ts, kind: 'offered', contact, queue: 'sales' }, { v: 1, ts: ts + 500, kind: 'left', contact, queue: 'sales', reason: 'key' }];
    }).flat();
  }
  async run() {
    let rest = [];
    while (this.going || rest.length > 0) {
      if (rest.length === 0) rest = this.message();
      const began = Date.now();
      const reply = await this.producer.send(rest);
      this.replies.push(Date.now() - began);
      const taken = reply.ok ?? reply.index;
      this.accepted += taken;
      rest = rest.slice(taken);
      if (reply.error === undefined) continue;
      this.refused++;
      this.reasons.add(reply.error.replace(/ since .*/, ''));
      await sleep(50);
    }
    this.producer.close();
  }
}

/** The most that each program took while `work` went on. */
async function watched(s, most, work) {
  const look = () => {
    for (const [name, program] of s.programs) if (program.alive()) most[name] = Math.max(most[name] ?? 0, rss(program));
  };
  const timer = setInterval(look, 100);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
}

const counted = async (s) => {
  const all = (await s.json(`/api/v1/kpi?from=${DAY_US - 3_600_000_000}&to=${DAY_US + 86_400_000_000}`)).items.find((i) => i.scope === 'all');
  return all === undefined ? 0 : all.offered + (all.left.key ?? 0);
};

/** From the collector's word that an event is on disk to the wallboard's figure, ms. */
async function delay(s, load) {
  const want = load.accepted;
  const began = Date.now();
  await s.until('what is accepted is counted', async () => (await counted(s)) >= want, 120);
  return Date.now() - began;
}

async function overload(hinder, free, options) {
  const s = await System.create({ clock: 'event' });
  try {
    const most = { before: {}, during: {}, after: {} };
    const delays = {};
    s.run('aggregator', ['--data', 'aggregator', '--listen', s.tcp(s.listen), '--publish', s.tcp(s.publish), '--query', s.tcp(s.query), '--clock', 'event'], options?.(s));
    s.wallboard();
    await s.until('the wallboard is healthy', async () => (await s.fetch('/healthz')).status === 200);
    const collector = s.collector(`zmq://127.0.0.1:${s.ingest}`, ['--spool-limit', '2M']);
    await s.until('it listens', () => /listening on/.test(collector.output()));
    const loads = [await Load.start(s, 'a'), await Load.start(s, 'b'), await Load.start(s, 'c')];
    await watched(s, most.before, async () => {
      await sleep(1000);
      delays.before = await delay(s, { accepted: loads.reduce((n, l) => n + l.accepted, 0) });
    });
    hinder(s);
    await watched(s, most.during, async () => {
      await s.until('a producer is told to wait', () => loads.some((l) => l.refused > 0), 60);
      await sleep(SECONDS * 1000);
    });
    free(s);
    await watched(s, most.after, async () => {
      for (const load of loads) load.going = false;
      await Promise.all(loads.map((l) => l.done));
      const accepted = loads.reduce((n, l) => n + l.accepted, 0);
      delays.after = await delay(s, { accepted });
      await sleep(1500);
      await s.until('each is counted once', async () => {
        const n = await counted(s);
        if (n !== accepted) throw new Error(`${n}, accepted were ${accepted}`);
        return true;
      });
      assert.equal(accepted, 2 * loads.reduce((n, l) => n + l.made, 0), 'whatever was refused was taken later');
    });
    for (const load of loads) for (const reason of load.reasons) assert.match(reason, /^spool is full: send again from index after a while; spool spool is at its limit of 2097152 bytes/);
    const mib = (m) => Object.entries(m).map(([name, n]) => `${name} ${Math.round(n / MIB)}`).join(', ');
    const replies = loads.flatMap((l) => l.replies).sort((a, b) => a - b);
    console.log(`accepted ${loads.reduce((n, l) => n + l.accepted, 0)}, refused ${loads.reduce((n, l) => n + l.refused, 0)} times; until counted, ms: before ${delays.before}, after ${delays.after};`
      + ` replies p50 ${replies[replies.length >> 1]} max ${replies.at(-1)} ms; MiB at most: before ${mib(most.before)}; during ${mib(most.during)}; after ${mib(most.after)}`);
    if (!instrumented) assert.ok(most.during.collector < most.before.collector + 24 * MIB, 'the collector holds its events on disk');
    await s.stop();
  } finally {
    for (const p of s.started) if (p.alive()) p.child.kill('SIGCONT');
    await s.kill();
  }
}

describe('overload', { concurrency: 2 }, () => {
  test('the aggregator stands still', () => overload(
    (s) => s.programs.get('aggregator').child.kill('SIGSTOP'),
    (s) => s.programs.get('aggregator').child.kill('SIGCONT'),
  ));

  test("the aggregator's disk takes seconds a sync", { skip: !existsSync(faulty) && 'no tests/libfaulty.so in this build' }, () => overload(
    (s) => writeFileSync(join(s.dir, 'fault'), 'slow 2000'),
    (s) => rmSync(join(s.dir, 'fault')),
    (s) => ({ env: { LD_PRELOAD: faulty, FAULTY: join(s.dir, 'fault'), ASAN_OPTIONS: 'verify_asan_link_order=0' } }),
  ));
});
