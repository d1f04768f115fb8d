// Serves the built pages and a make-believe floor on the loopback, with the headers and messages of the real wallboard:
//   node dev/fake-server.mjs [--port N] [--queues 12] [--agents 40] [--seed 1] [--speed 1] [--web dist] [--bin ../../build]
// What numbers mean is told by the real floorcast-aggregator in --bin, since nobody else knows.
// For tests: startFake({...}) gives the same with handles to stop the feed, cut the line, freeze the floor.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode, encode as pack } from '@msgpack/msgpack';
import { WebSocketServer } from 'ws';
import { parse } from 'yaml';
import { FakeDesk } from './fake-desk.mjs';
import { FakeFloor } from './fake-floor.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const BOARDS = join(here, '..', '..', 'boards');
const BUILD = join(here, '..', '..', '..', 'build');
const run = promisify(execFile);
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const CSP = "default-src 'self'";

export async function startFake({ port = 0, web = join(here, '..', 'dist'), bin = BUILD, speed = 1, refusing = false, ...floorOptions } = {}) {
  const fake = new FakeServer(web, bin, speed, floorOptions);
  fake.refusing = refusing;
  await fake.readBoards();
  await fake.listen(port);
  return fake;
}

class FakeServer {
  constructor(web, bin, speed, floorOptions) {
    this.web = web;
    this.bin = bin;
    this.speed = speed; // of the make-believe clock; may be changed at any time
    this.startedMs = Date.now();
    this.clock = { realMs: this.startedMs, ms: this.startedMs };
    this.floor = new FakeFloor({ startMs: this.startedMs, ...floorOptions });
    this.boards = new Map(); // id -> document
    this.desk = new FakeDesk(this.floor);
    this.build = 'build-1';
    this.feed = true; // the aggregator speaks
    this.frozen = false; // the floor stands still, the clock does not
    this.ticking = true; // the server sends anything at all
    this.refusing = false; // new connections are turned away
    this.heardMs = this.nowMs();
    this.topicsOf = new Map(); // socket -> Set of topics
    this.sent = new Map(); // topic -> what was sent last, as text
    this.ver = 0;
  }

  async readBoards() {
    for (const file of (await readdir(BOARDS)).filter((name) => name.endsWith('.yaml'))) this.putBoard(parse(await readFile(join(BOARDS, file), 'utf8')));
  }

  // putBoard -- a board is saved: whoever shows it is told at once. null instead of a document: it is gone.
  putBoard(board, id = board.id) {
    this.boards.set(id, board);
    const item = this.itemOf(`board/${id}`);
    for (const [ws, topics] of this.topicsOf) if (topics.has(item.topic)) this.sendItems(ws, [item]);
  }

  boardItem(topic) {
    if (topic === 'boards') return { boards: [...this.boards.values()].filter(Boolean).map(({ id, title }) => ({ id, title, rev: 0, saved_us: 0, origin: 'built-in', editable: false })) };
    const board = this.boards.get(topic.slice('board/'.length));
    return board === null ? { gone: true } : board && { board };
  }

  listen(port) {
    this.http = createServer((request, response) => void this.serve(request, response));
    this.sockets = new WebSocketServer({ noServer: true, handleProtocols: (asked) => (asked.has('floorcast.msgpack') ? 'floorcast.msgpack' : false) });
    this.http.on('upgrade', (request, socket, head) => {
      if (this.refusing || new URL(request.url, 'http://x').pathname !== '/ws') return socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.accept(ws));
    });
    this.timers = [setInterval(() => this.publish(), 250), setInterval(() => this.tick(), 1000)];
    return new Promise((done) => this.http.listen(port, '127.0.0.1', () => {
      this.url = `http://127.0.0.1:${this.http.address().port}`;
      done();
    }));
  }

  nowMs() {
    const real = Date.now();
    this.clock = { realMs: real, ms: this.clock.ms + (real - this.clock.realMs) * this.speed };
    return this.clock.ms;
  }

  async serve(request, response) {
    const { pathname } = new URL(request.url, 'http://x');
    const file = pathname === '/' ? '/index.html' : pathname.startsWith('/d/') ? '/display.html' : pathname;
    response.setHeader('Content-Security-Policy', CSP);
    try {
      if (await this.desk.answer(request, response)) return undefined;
      if (pathname === '/api/v1/kpis') return await this.serveKpis(response);
      if (pathname === '/api/v1/history') return this.serveHistory(new URL(request.url, 'http://x').searchParams, response);
      const body = await readFile(join(this.web, file.replace(/\.\./g, '')));
      response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end('not found\n');
    }
  }

  async serveKpis(response) {
    const { stdout } = await run(join(this.bin, 'floorcast-aggregator'), ['--kpis=json']);
    response.setHeader('Content-Type', 'application/json');
    response.end(stdout);
  }

  serveHistory(asked, response) {
    const [from, to, step] = ['from', 'to', 'step'].map((key) => Number(asked.get(key)));
    const points = [];
    for (let at = from; at < to; at += step) points.push({ from_us: at, to_us: at + step, value: this.floor.past(asked.get('kpi'), at / 1000) });
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ kpi: asked.get('kpi'), points }));
  }

  accept(ws) {
    this.topicsOf.set(ws, new Set());
    const now = this.nowMs();
    if (this.ticking) this.send(ws, { type: 'hello', version: '0.1.0', build: this.build, at_us: this.heardMs * 1000, now_us: Math.round(now * 1000) });
    ws.on('message', (bytes) => this.subscribe(ws, decode(bytes)));
    ws.on('close', () => this.topicsOf.delete(ws));
  }

  subscribe(ws, message) {
    if (message.op !== 'subscribe') return;
    const topics = this.topicsOf.get(ws);
    const fresh = message.topics.filter((topic) => !topics.has(topic));
    for (const topic of fresh) topics.add(topic);
    this.sendItems(ws, fresh.map((topic) => this.itemOf(topic)).filter(Boolean));
  }

  itemOf(topic) {
    const state = topic.startsWith('board') ? this.boardItem(topic) : this.floor.item(topic);
    return state && { topic, ver: ++this.ver, at_us: Math.round(this.floor.nowMs * 1000), ...state };
  }

  // publish -- what changed since the last time, each topic's whole state.
  publish() {
    if (!this.feed) return;
    this.heardMs = this.nowMs();
    if (this.frozen) return;
    this.floor.advance(this.nowMs());
    const wanted = new Set([...this.topicsOf.values()].flatMap((topics) => [...topics]));
    const items = [];
    for (const topic of wanted) {
      if (topic.startsWith('board')) continue; // sent when it changes
      const text = JSON.stringify(this.floor.item(topic), (key, value) => (key === 'from_us' || key === 'heard_us' ? undefined : value));
      if (text === undefined || text === this.sent.get(topic)) continue;
      this.sent.set(topic, text);
      items.push(this.itemOf(topic));
    }
    for (const [ws, topics] of this.topicsOf) this.sendItems(ws, items.filter((item) => topics.has(item.topic)));
  }

  tick() {
    const now = this.nowMs();
    const at = this.feed ? now : this.heardMs;
    for (const ws of this.topicsOf.keys()) this.send(ws, { type: 'tick', at_us: Math.round(at * 1000), now_us: Math.round(now * 1000), feed: this.feed ? 'up' : 'down' });
  }

  sendItems(ws, items) {
    if (items.length > 0) this.send(ws, { type: 'state', at_us: Math.round(this.floor.nowMs * 1000), items });
  }

  send(ws, message) {
    if (this.ticking && ws.readyState === ws.OPEN) ws.send(pack(message));
  }

  cut() {
    for (const ws of this.topicsOf.keys()) ws.terminate();
  }

  async close() {
    for (const timer of this.timers) clearInterval(timer);
    this.cut();
    this.http.closeAllConnections?.();
    await new Promise((done) => this.http.close(done));
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const option = (name, otherwise) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : otherwise);
  const number = (name, otherwise) => Number(option(name, otherwise));
  const fake = await startFake({ port: number('port', 8090), web: resolve(option('web', join(here, '..', 'dist'))), bin: resolve(option('bin', BUILD)), queues: number('queues', 12), agents: number('agents', 40), seed: number('seed', 1), speed: number('speed', 1) });
  console.log(`${fake.url}/d/floor`);
}
