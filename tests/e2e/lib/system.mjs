// The three programs as a user starts them, on free loopback ports and in a directory of their own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const bin = resolve(process.env.FC_BIN ?? 'build');
export const data = new URL('../../data/', import.meta.url).pathname;
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const PORTS = { first: 20_000, each: 200, slots: 60 }; // below what the system hands out by itself
let slot; // first of the ports that are this process's alone, and the next to give

const listens = (port) => new Promise((done) => {
  const server = createServer();
  server.on('error', () => done(null)).listen(port, '127.0.0.1', () => done(server));
});

/** Tests run beside each other: each holds the first port of its range for as long as it lives. */
async function takeSlot() {
  for (let i = 0; ; i++) {
    const first = PORTS.first + ((process.pid + i) % PORTS.slots) * PORTS.each;
    const server = await listens(first);
    if (server === null) continue;
    server.unref();
    return { first, next: 1 };
  }
}

/** Nobody else takes it, neither before its owner is there nor while it is dead. */
export async function freePort() {
  slot ??= takeSlot();
  const mine = await slot;
  for (;;) {
    const port = mine.first + mine.next;
    mine.next = (mine.next % (PORTS.each - 1)) + 1;
    const server = await listens(port);
    if (server === null) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/** One running program: its log on disk, its end as a promise of {code, signal}. */
class Program {
  constructor(name, args, dir, options = {}) {
    this.name = name;
    this.log = join(dir, `${name}.${Program.count++}.log`);
    const fd = openSync(this.log, 'w');
    const [command, ...before] = [...(options.under ?? []), join(bin, `floorcast-${name}`)];
    this.child = spawn(command, [...before, ...args], { cwd: dir, stdio: [options.input ? 'pipe' : 'ignore', fd, fd], env: { ...process.env, ...options.env } });
    closeSync(fd);
    this.ended = new Promise((done) => this.child.on('exit', (code, signal) => done({ code, signal })));
    this.child.on('error', (error) => { throw error; });
  }
  static count = 0;
  output() { return readFileSync(this.log, 'utf8'); }
  alive() { return this.child.exitCode === null && this.child.signalCode === null; }
  async stop(signal = 'SIGTERM') {
    if (this.alive()) this.child.kill(signal);
    return this.ended;
  }
}

export class System {
  static async create({ clock = 'wall', config } = {}) {
    const s = new System();
    s.clock = clock;
    s.config = config;
    s.dir = mkdtempSync(join(tmpdir(), 'floorcast-e2e-'));
    [s.listen, s.publish, s.query, s.http, s.ingest] = await Promise.all([1, 2, 3, 4, 5].map(freePort));
    s.programs = new Map(); // the latest of each name
    s.started = []; // every one
    return s;
  }
  run(name, args, options) {
    const p = new Program(name, args, this.dir, options);
    this.programs.set(name, p);
    this.started.push(p);
    return p;
  }
  tcp(port) { return `tcp://127.0.0.1:${port}`; }
  aggregator() {
    const config = this.config ? ['--config', this.config] : [];
    return this.run('aggregator', ['--data', 'aggregator', '--listen', this.tcp(this.listen), '--publish', this.tcp(this.publish), '--query', this.tcp(this.query), '--clock', this.clock, ...config]);
  }
  wallboard(extra = []) {
    return this.run('wallboard', ['--listen', `127.0.0.1:${this.http}`, '--publish', this.tcp(this.publish), '--query', this.tcp(this.query), ...extra]);
  }
  collector(sources, extra = [], options) {
    return this.run('collector', [...[sources].flat().flatMap((s) => ['--source', s]), '--aggregator', this.tcp(this.listen), '--spool', 'spool', ...extra], options);
  }
  async start(wallboardArgs) {
    this.aggregator();
    this.wallboard(wallboardArgs);
    await this.until('the wallboard is healthy', async () => (await this.fetch('/healthz')).status === 200);
  }
  fetch(path) { return fetch(`http://127.0.0.1:${this.http}${path}`); }
  async json(path) {
    const reply = await this.fetch(path);
    assert.equal(reply.status, 200, `${path}: ${reply.status} ${await reply.clone().text()}`);
    return reply.json();
  }
  /** Waits until `check` gives something true; then gives that. */
  async until(what, check, seconds = 60) {
    const end = Date.now() + seconds * 1000;
    let last;
    for (;;) {
      try {
        last = await check();
        if (last) return last;
      } catch (error) {
        last = error;
      }
      if (Date.now() > end) throw new Error(`${seconds} s passed without this coming true: ${what} (last: ${last instanceof Error ? last.message : JSON.stringify(last)})\n${this.logs()}`);
      await sleep(50);
    }
  }
  logs() {
    return [...this.programs.values()].map((p) => `--- ${p.name}\n${p.output().slice(-2000)}`).join('\n');
  }
  /** For a test's end, however it went. FC_KEEP=1 leaves the directory for looking at. */
  async kill() {
    await Promise.all(this.started.map((p) => p.stop('SIGKILL')));
    if (!process.env.FC_KEEP) rmSync(this.dir, { recursive: true, force: true });
  }
  /** Stops what runs, last started first; everything must end cleanly. */
  async stop() {
    for (const p of [...this.started].reverse()) {
      if (!p.alive()) continue;
      const { code } = await p.stop();
      assert.equal(code, 0, `${p.name} did not stop cleanly\n${p.output().slice(-2000)}`);
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
