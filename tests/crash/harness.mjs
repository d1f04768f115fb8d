// A crash run: a seeded load through the three programs while they are killed with -9, and at the end every number beside the oracle's.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { bin, freePort, sleep, System } from '../e2e/lib/system.mjs';

export const sanitized = /^FC_SANITIZE:STRING=\S/m.test(readFileSync(join(bin, 'CMakeCache.txt'), 'utf8'));
const fatal = join(bin, 'tests/crash-fatal.so');
const slow = sanitized ? 10 : 1;
const CHECKPOINT_MS = 1000;
const BEHIND_MAX = 3; // kills that may pass while what one of them lets through is not acknowledged
const PATIENCE_S = Number(process.env.FC_CRASH_PATIENCE_S ?? (sanitized ? 300 : 180)); // a machine may be busy; nothing waits for it to pass
const TIME_KEYS = new Set(['occupancy', 'utilization', 'state_ms']);

export function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A helper program to its end; its stdout as lines. */
async function* linesOf(name, args, input) {
  const child = spawn(join(bin, 'tests', `crash-${name}`), args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.on('exit', done));
  child.stdin.on('error', () => {}); // its exit code says more
  child.stdin.end(input ?? '');
  yield* createInterface({ input: child.stdout });
  assert.equal(await ended, 0, `crash-${name} ${args.join(' ')}`);
}
async function run(name, args, input) {
  let text = '';
  for await (const line of linesOf(name, args, input)) text += line + '\n';
  return text;
}

/** A producer over ZeroMQ: sends what it may of its file, tells what was acknowledged. */
class Producer {
  constructor(file, endpoint) {
    this.lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    this.allowed = this.acked = 0;
    this.child = spawn(join(bin, 'tests/crash-send'), ['--file', file, '--to', endpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = new Promise((done) => this.child.on('exit', (code, signal) => done((this.code = code ?? signal))));
    createInterface({ input: this.child.stdout }).on('line', (line) => { this.acked = Number(line); });
  }
  allow(share) {
    this.allowed = Math.round(this.lines.length * share);
    this.child.stdin.write(`${this.allowed}\n`);
  }
  get progress() { return this.acked / this.lines.length; }
  accepted() { return this.lines.slice(0, this.acked); }
  async finish() {
    this.child.stdin.end();
    assert.equal(await this.ended, 0, 'a producer failed');
  }
  kill() { this.child.kill('SIGKILL'); }
}

/** A file that grows, now and then by half a line: all that is in it counts as accepted. It does not run far ahead of the producers,
 * which would make all that they tell come hours late. */
class Growing {
  constructor(from, file, producers, random) {
    this.producers = producers;
    this.bytes = readFileSync(from);
    this.file = file;
    this.random = random;
    this.written = 0;
    writeFileSync(file, '');
  }
  get allowed() { return 0; }
  get acked() { return 0; }
  allow(share) {
    const producers = Math.min(...this.producers.map((p) => p.progress));
    let to = Math.round(this.bytes.length * (share < 1 ? Math.min(share, producers + 0.05) : 1));
    if (share < 1 && this.random(2) === 0) to = this.bytes.lastIndexOf(10, to) + 1;
    if (to > this.written) appendFileSync(this.file, this.bytes.subarray(this.written, to));
    this.written = Math.max(to, this.written);
  }
  accepted() { return readFileSync(this.file, 'utf8').split('\n').slice(0, -1); }
  async finish() {}
  kill() {}
}

/** One of the three programs, started as often as it is killed. */
class Victim {
  constructor(crash, name, args) {
    Object.assign(this, { crash, args, name, starts: 0 });
    this.order = join(crash.s.dir, `${name}.order`);
    writeFileSync(this.order, Buffer.alloc(8));
  }
  start() {
    const preload = existsSync(fatal) ? { LD_PRELOAD: fatal, FC_CRASH_AT: this.order } : {};
    const p = this.crash.s.run(this.name.replace(/-.*/, ''), this.args, { env: preload });
    this.program = p;
    this.dying = false;
    this.started = Date.now();
    this.starts++;
    p.ended.then(({ code, signal }) => {
      if (!(this.dying && signal === 'SIGKILL') && !(this.stopping && code === 0)) this.crash.faults.push(`${this.name} ended by itself (code ${code}, signal ${signal})\n${p.output().slice(-1500)}`);
    });
  }
  async kill() {
    this.dying = true;
    await this.program.stop('SIGKILL');
    this.disarm();
  }
  /** It ends within its n-th write to the disk from now. */
  arm(n, where) {
    this.dying = true;
    const order = Buffer.alloc(8);
    order.writeInt32LE(n, 0);
    order.writeInt32LE(where, 4);
    const fd = openSync(this.order, 'r+');
    writeSync(fd, order, 0, 8, 0);
    closeSync(fd);
  }
  disarm() { writeFileSync(this.order, Buffer.alloc(8), { flag: 'r+' }); }
  /** Once it listens: before, nobody has told the system what the signal means. */
  async reload() {
    const ready = () => /taking batches at|listening on|serving http/.test(this.program.output());
    for (let i = 0; i < 200 * slow && !ready(); i++) await sleep(5);
    this.program.child.kill('SIGHUP');
  }
  async stop() {
    this.stopping = true;
    await this.program.stop();
  }
}

export class Crash {
  static async create({ seed, events, sources = 1, collectors = 1, log = () => {} }) {
    const crash = new Crash();
    Object.assign(crash, { seed, events, sources, collectors, log, faults: [], kills: {}, killed: 0, began: Date.now() });
    crash.random = randomFrom(seed);
    crash.s = await System.create({ clock: 'event' });
    await run('make', ['--seed', seed, '--events', events, '--feeds', sources, '--dir', crash.s.dir]);
    await crash.wire();
    return crash;
  }
  async wire() {
    const { s, sources, collectors } = this;
    const port = async () => s.tcp(await freePort());
    const [publish, query] = [await port(), await port()];
    const listen = [await port(), await port()].slice(0, collectors);
    const ingest = [await port(), await port()].slice(0, Math.min(sources, 2));
    s.http = await freePort();
    this.config = join(s.dir, 'floor.yaml');
    this.rules = readFileSync(this.config, 'utf8');
    const growing = join(s.dir, 'growing.ndjson');
    const uris = [...ingest.map((e) => e.replace('tcp:', 'zmq:')), ...(sources === 3 ? [`ndjson:${growing}`] : [])];
    const feeds = (i) => uris.filter((_, k) => k % collectors === i).flatMap((uri) => ['--source', uri]);
    this.aggregator = new Victim(this, 'aggregator', ['--data', 'data', ...listen.flatMap((e) => ['--listen', e]), '--publish', publish, '--query', query, '--clock', 'event', '--config', this.config]);
    // Hashes of two collectors would make two customers of one.
    this.gatherers = listen.map((e, i) => new Victim(this, `collector-${i}`, [...feeds(i), '--aggregator', e, '--spool', `spool-${i}`, '--plain-customers']));
    this.wallboard = new Victim(this, 'wallboard', ['--listen', `127.0.0.1:${s.http}`, '--publish', publish, '--query', query]);
    this.victims = [...this.gatherers, this.aggregator, this.wallboard];
    this.feeds = ingest.map((e, i) => new Producer(join(s.dir, `feed-${i}.ndjson`), e));
    if (sources === 3) this.feeds.push(new Growing(join(s.dir, 'feed-2.ndjson'), growing, [...this.feeds], this.random));
    for (const victim of this.victims) victim.start();
  }

  /* ---- kills ------------------------------------------------------------------------------------------------------- */

  get acked() { return this.feeds.reduce((n, f) => n + f.acked, 0); }
  get allowed() { return this.feeds.reduce((n, f) => n + f.allowed, 0); }

  async kill(victim, aim) {
    await victim.kill();
    this.killed++;
    this.kills[`${victim.name.replace(/-.*/, '')} ${aim}`] = (this.kills[`${victim.name.replace(/-.*/, '')} ${aim}`] ?? 0) + 1;
  }

  /** How a kill is aimed; each leaves its victim dead. */
  aims = {
    // With batches under way: as soon as something new was acknowledged, or while it is.
    flight: async (victim) => {
      const acked = this.acked;
      for (let i = 0; i < 100 && this.acked === acked; i++) await sleep(2);
      await sleep(this.random(8));
    },
    // At any time.
    sometime: async () => sleep(this.random(300 * slow)),
    // About when it hands over its next checkpoint, a second after the last.
    checkpoint: async (victim) => {
      const next = CHECKPOINT_MS - ((Date.now() - victim.started) % CHECKPOINT_MS);
      await sleep(next + this.random(60));
    },
    // Between two writes of one commit, or in the middle of one.
    commit: async (victim) => {
      victim.arm(1 + this.random(60), this.random(3));
      await Promise.race([victim.program.ended, sleep(1500)]);
    },
    // Within milliseconds of its start.
    startup: async (victim) => {
      await victim.kill();
      victim.start();
      await sleep(this.random(30 * slow));
    },
    // A little later: the store is opened, the journal replayed, connections are made.
    replay: async (victim) => {
      await victim.kill();
      victim.start();
      if (victim === this.aggregator && existsSync(fatal) && this.random(2) === 0) return this.aims.commit(victim);
      await sleep(30 + this.random(300 * slow));
    },
    // While it reads its configuration again: another goal, and a group more or less, which takes no queue from another's chains.
    reload: async (victim) => {
      const group = this.random(2) === 0 ? '  - {name: passing, queues: [nowhere]}\n' : '';
      this.configure(`goal: 0.${5 + this.random(4)}\n${this.rules}${group}`);
      await victim.reload();
      await sleep(this.random(20 * slow));
    },
  };

  /** At once: one of them may be starting up just now. */
  configure(text) {
    writeFileSync(`${this.config}.new`, text);
    renameSync(`${this.config}.new`, this.config);
  }

  aimsAt(victim) {
    const any = ['flight', 'sometime', 'startup', 'replay', 'reload'];
    if (victim === this.wallboard) return any.slice(1);
    const disk = existsSync(fatal) ? ['commit', 'commit'] : [];
    return victim === this.aggregator ? [...any, 'checkpoint', ...disk] : [...any, ...disk];
  }

  async killOne() {
    const many = this.random(12) === 0 ? this.victims : []; // now and then all at once, as when the power fails
    const weighted = [...this.gatherers, ...this.gatherers, this.aggregator, this.aggregator, this.aggregator, this.wallboard];
    const victim = weighted[this.random(weighted.length)];
    const aims = this.aimsAt(victim);
    const aim = aims[this.random(aims.length)];
    await this.aims[aim](victim);
    await this.kill(victim, aim);
    for (const other of many) if (other !== victim) await this.kill(other, 'together');
    await sleep(this.random(3) === 0 ? this.random(400) : 0);
    victim.start();
    for (const other of many) if (other !== victim) other.start();
  }

  /** What is let through must be acknowledged some kills later, or something hangs. */
  async keepUp(allowedThen) {
    const end = Date.now() + PATIENCE_S * 1000;
    while (this.acked < allowedThen) {
      this.check();
      if (Date.now() > end) throw new Error(`${PATIENCE_S} s passed, ${this.acked} of ${allowedThen} events are acknowledged\n${this.s.logs()}`);
      await sleep(5);
    }
  }

  check() {
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
    for (const f of this.feeds) assert.ok(f.code === undefined || f.code === 0, `a producer failed: ${f.code}`);
  }

  async storm(kills) {
    const allowed = [];
    await this.s.until('the wallboard is healthy', async () => (await this.s.fetch('/healthz')).status === 200, PATIENCE_S);
    while (this.killed < kills) {
      const share = (this.killed + 1) / (kills + 1);
      for (const f of this.feeds) f.allow(share);
      allowed.push(this.allowed);
      if (allowed.length > BEHIND_MAX) await this.keepUp(allowed.at(-1 - BEHIND_MAX));
      await this.killOne();
      this.check();
      if (allowed.length % 50 === 0) this.log(`${this.killed} kills, ${this.acked} events acknowledged`);
    }
    for (const f of this.feeds) {
      f.allow(1);
      await f.finish();
    }
    this.configure(this.rules);
    await this.aggregator.reload();
    this.check();
  }

  /* ---- the end ------------------------------------------------------------------------------------------------------ */

  accepted() { return this.feeds.flatMap((f) => f.accepted()); }

  /** What the oracle says of these events: {stretches, items}. */
  async expected(lines) {
    const items = [];
    let head;
    for await (const line of linesOf('expect', ['--seed', this.seed, '--events', this.events], lines.join('\n') + '\n')) {
      const one = JSON.parse(line);
      if (head) items.push(one);
      else head = one;
    }
    return { ...head, items };
  }

  /** What the wallboard says of one stretch, by scope, name and channel. */
  async shown(stretch) {
    const when = stretch.window === 'range' ? `from=${stretch.from_us}&to=${stretch.to_us}` : `window=${stretch.window}`;
    const items = new Map();
    for (const scope of ['queue', 'group', 'agent', 'all'])
      for (const channel of scope === 'agent' ? ['all'] : ['all', 'voice', 'chat', 'email', 'ticket'])
        for (const item of (await this.s.json(`/api/v1/kpi?scope=${scope}&channel=${channel}&${when}`)).items) items.set(`${item.scope}/${item.name}/${channel}`, item);
    return items;
  }

  /** Sentences about what is not as expected. */
  async differences({ stretches, items }, most = 30) {
    const wrong = [];
    for (const [i, stretch] of stretches.entries()) {
      const shown = await this.shown(stretch);
      for (const want of items) {
        if (want.stretch !== i) continue;
        const got = shown.get(`${want.scope}/${want.name}/${want.channel}`);
        const place = `${want.scope} ${want.name}, ${want.channel}, ${stretch.window} ${stretch.window === 'range' ? `${stretch.from_us}..${stretch.to_us}` : ''}`;
        if (got === undefined) wrong.push(`${place}: is not shown`);
        else
          for (const [key, value] of Object.entries(want.kpis))
            if (!(TIME_KEYS.has(key) && !stretch.settled) && !isDeepStrictEqual(value, got[key])) wrong.push(`${place}: ${key} is ${JSON.stringify(got[key])}, expected ${JSON.stringify(value)}`);
        if (wrong.length >= most) return wrong;
      }
    }
    return wrong;
  }

  /** Differences that stay. */
  async settle(expected) {
    const end = Date.now() + PATIENCE_S * 1000;
    const offered = expected.items.find((item) => item.scope === 'all' && item.channel === 'all' && item.stretch === 3).kpis.offered;
    let wrong;
    for (;;) {
      try {
        const [all] = (await this.s.json('/api/v1/kpi?group=all&window=day')).items;
        wrong = all?.offered === offered ? await this.differences(expected) : [`all has ${all?.offered} offered, expected ${offered}`];
      } catch (error) {
        wrong = [error.message];
      }
      if (wrong.length === 0 || Date.now() > end) return wrong;
      await sleep(200);
    }
  }

  /** After a clean stop: every accepted event has one number, and is in the aggregator's checkpoint. */
  async numbers() {
    const { dir } = this.s;
    const accepted = this.accepted().length;
    const { spools, marks } = JSON.parse(await run('numbers', [...this.gatherers.flatMap((_, i) => ['--spool', join(dir, `spool-${i}`)]), '--data', join(dir, 'data')]));
    const taken = spools.reduce((n, spool) => n + spool.taken, 0);
    const wrong = [];
    // A collector also puts a heartbeat of its own in every five seconds, and when it starts.
    const own = this.gatherers.reduce((n, gatherer) => n + gatherer.starts + Math.ceil((Date.now() - this.began) / 5000), 0);
    if (taken < accepted || taken > accepted + own) wrong.push(`the spools took ${taken} events, ${accepted} were accepted, collectors said at most ${own} themselves`);
    for (const spool of spools) {
      const mark = marks.find((m) => m.id === spool.id);
      // A heartbeat may have come in the moment of the stop; all else had been counted before.
      if (spool.waiting > 1) wrong.push(`${spool.waiting} events still wait in a spool`);
      const sent = spool.taken - spool.waiting;
      if (mark?.journalled !== sent || mark?.checkpointed !== sent) wrong.push(`spool ${spool.id} took ${spool.taken} events, the aggregator has ${JSON.stringify(mark)}`);
    }
    if (marks.length !== spools.length) wrong.push(`${marks.length} spools in the aggregator's store, expected ${spools.length}`);
    return wrong;
  }

  /** Lines of the logs that should not be there: no program may have had to report an error. */
  errors() {
    const lines = this.s.started.flatMap((p) => p.output().split('\n').filter((l) => / error |assert|runtime error|Sanitizer/.test(l)).map((l) => `${p.name}: ${l}`));
    return [...new Set(lines.map((l) => l.replace(/\S+Z /, '')))];
  }

  async stop() {
    for (const victim of [...this.victims].reverse()) await victim.stop();
    this.check();
  }
  kill9() {
    for (const f of this.feeds ?? []) f.kill();
    for (const victim of this.victims ?? []) victim.dying = true;
    for (const p of this.s.started) if (p.alive()) p.child.kill('SIGKILL');
  }
}
