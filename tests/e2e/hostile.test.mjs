// Clients that mean no good: the others notice nothing, every limit says its name, and afterwards all is as before. No timing is asserted.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { answer, ask, dial, websocket } from './lib/raw.mjs';
import { bin, System } from './lib/system.mjs';

const FOE = '127.0.0.66';
const run = promisify(execFile);
const late = (ms) => new Promise((done) => { setTimeout(done, ms).unref(); });

/** A wallboard with these limits; `ulimit` in files. */
async function within(limits, work, { args = [], ulimit } = {}) {
  const s = await System.create();
  try {
    const config = join(s.dir, 'wall.yaml');
    writeFileSync(config, `limits:\n${Object.entries({ handshake_s: 2, idle_s: 2, choked_s: 2, ...limits }).map(([k, v]) => `  ${k}: ${v}\n`).join('')}`);
    const w = s.wallboard(['--config', config, ...args]);
    if (ulimit !== undefined) await run('prlimit', ['--pid', w.child.pid, `--nofile=${ulimit}`]);
    await s.until('it serves', () => /serving http/.test(w.output()));
    s.metric = async (name) => Number(new RegExp(`^floorcast_wallboard_${name} (\\d+)$`, 'm').exec((await ask(s.http, '/metrics')).body)?.[1]);
    await work(s, w);
    assert.deepEqual(await w.stop(), { code: 0, signal: null }, w.output().slice(-2000));
  } finally {
    await s.kill();
  }
}

test('a floor with every kind of hostile client at once', () => within({ send_buffer_bytes: 8192 }, async (s, w) => {
  const files = () => readdirSync(`/proc/${w.child.pid}/fd`).length;
  const before = files();
  const { stdout: list } = await run(join(bin, 'floorcast-load'), ['--foes=help']);
  const kinds = list.trim().split('\n').map((line) => line.split(' ')[0]).filter((kind) => kind !== 'reader');
  assert.equal(kinds.length, 14);
  const { stdout } = await run(join(bin, 'floorcast-load'), ['--connect', `127.0.0.1:${s.http}`, '--publish', s.tcp(s.publish), '--query', s.tcp(s.query), '--readers', '100',
    '--changes', '20', '--rounds', '1', '--seconds', '5', '--pid', w.child.pid, '--foes-from', FOE, '--foes-connects', '300', ...kinds.flatMap((kind) => ['--foes', `${kind}=5`])]);
  const found = JSON.parse(stdout);
  assert.equal(found.rounds[0].hostile.open, 100);
  assert.equal(found.reader.ended, 0);
  assert.ok(found.rounds[0].hostile.frames > 0);
  const { foes } = found;
  for (const kind of kinds) assert.ok(foes[kind].dialled >= 5 && foes[kind].failed === 0, kind);
  for (const kind of ['slowloris', 'idler', 'babbler', 'scrambler', 'endless', 'pinger', 'fickle', 'mute', 'sipper']) assert.ok(foes[kind].ended > 0, `${kind} is closed`);
  for (const kind of ['giant', 'fragmenter', 'hoarder']) assert.ok(foes[kind].closed_1009 > 0, `${kind}: message too large`);
  assert.ok(found.rss_kb_max < found.calm_rss_kb + (process.env.ASAN_OPTIONS ? 500000 : 60000), `${found.calm_rss_kb} to ${found.rss_kb_max} KB`);
  await s.until('all connections are closed', async () => (await s.metric('connections')) <= 1);
  assert.equal(await s.metric('clients'), 0);
  assert.equal(await s.metric('views'), 0);
  assert.equal(await s.metric('http_reply_bytes'), 0);
  for (const counter of ['clients_flooding_total', 'clients_choked_total', 'client_messages_bad_total', 'http_impatient_total']) assert.ok((await s.metric(counter)) > 0, counter);
  await s.until('and all descriptors', () => files() <= before);
}));

test('limits of one address: told, counted, and not those of others', () => within({ connections_per_address: 5, connects_per_s: 1000, work_ms_per_s: 1 }, async (s) => {
  const open = [];
  for (let i = 0; i < 5; i++) {
    open.push(dial(s.http, FOE));
    open[i].socket.write('GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await open[i].until((c) => c.text.includes(' 404 '));
  }
  const refused = await ask(s.http, '/', { from: FOE });
  assert.equal(refused.status, 503);
  assert.match(refused.head, /retry-after: 5/i);
  assert.match(JSON.parse(refused.body).error, /^5 connections of this address are open, as many as limits\.connections_per_address allows$/);
  assert.equal((await ask(s.http, '/metrics', { from: '127.0.0.67' })).status, 200);
  for (const c of open) c.socket.destroy();
  await s.until('its place is free again', async () => (await ask(s.http, '/nothing', { from: FOE })).status === 404);

  let busy;
  for (let i = 0; i < 2000 && busy?.status !== 429; i++) busy = await ask(s.http, '/metrics', { from: FOE });
  assert.equal(busy.status, 429);
  assert.match(busy.head, /retry-after: /i);
  assert.match(JSON.parse(busy.body).error, /limits\.work_ms_per_s, 1 ms in a second/);
  assert.equal((await ask(s.http, '/metrics', { from: '127.0.0.68' })).status, 200);
  assert.ok((await s.metric('connections_refused_address_total')) >= 1);
  assert.ok((await s.metric('http_refused_work_total')) >= 1);
}));

test('connecting too fast', () => within({ connections_per_address: 3, connects_per_s: 1 }, async (s, w) => {
  let last;
  for (let i = 0; i < 10 && last?.status !== 503; i++) last = await ask(s.http, '/', { from: FOE });
  assert.match(last.body, /connects faster than 1 times a second, which limits\.connects_per_s allows/);
  assert.match(w.output(), new RegExp(`warn .*${FOE.replaceAll('.', '\\.')}: this address connects faster`));
  for (let i = 0; i < 10; i++) assert.equal((await ask(s.http, '/nothing')).status, 404); // a trusted address: no limit of one address holds
}));

test('clients: how many, how many subscriptions, how many messages', () => within({ subscription_sets: 2 }, async (s) => {
  const clients = [];
  for (let i = 0; i < 3; i++) clients.push(await websocket(s.http));
  const full = await websocket(s.http);
  assert.equal(full.status, 503);
  await s.until('it is told', () => /3 clients are connected, as many as max_clients allows/.test(full.text));
  clients.forEach((c, i) => c.say({ op: 'subscribe', topics: [`queue/${i}`] }));
  await s.until('the third subscription is refused', () => clients.flatMap((c) => c.messages('error')).some((m) => /2 different subscriptions \(limits\.subscription_sets\)/.test(m.error)));
  assert.equal(clients.flatMap((c) => c.messages('state')).length, 2);
  for (let i = 0; i < 30; i++) clients[0].say({ op: 'dance' });
  await clients[0].until((c) => c.closeCode() === 1008);
  clients[1].socket.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x20])); // a frame of 2^63 - 1 bytes
  await clients[1].until((c) => c.closeCode() === 1009);
  for (const c of clients) c.socket.destroy();
  await s.until('the places are free again', async () => (await websocket(s.http)).status === 101);
}, { args: ['--max-clients', '3'] }));

test('requests: slow, idle, too large', () => within({ header_bytes: 2000 }, async (s) => {
  const silent = dial(s.http), half = dial(s.http), idle = dial(s.http), drip = dial(s.http);
  half.socket.write('GET / HTTP/1.1\r\nHost: local');
  idle.socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  drip.socket.write('GET / HTTP/1.1\r\nX: ');
  const timer = setInterval(() => drip.socket.write('x'), 200);
  const url = dial(s.http), headers = dial(s.http), garbage = dial(s.http);
  url.socket.write(`GET /${'a'.repeat(5000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  headers.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${'X-Large: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(500)}\r\n`);
  garbage.socket.write(Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) & 255)));
  await Promise.race([Promise.all([silent, half, idle, drip, url, headers, garbage].map((c) => c.closed)), late(15000)]);
  clearInterval(timer);
  for (const [name, c] of Object.entries({ silent, half, idle, drip, url, headers, garbage })) assert.equal(c.open, false, `${name} is closed`);
  assert.equal(answer(idle).status, 200);
  const parameter = await ask(s.http, `/api/v1/kpi?queue=${'q'.repeat(600)}`);
  assert.match(parameter.body, /a parameter is longer than 511 bytes/);
  assert.equal((await ask(s.http, '/metrics')).status, 200);
}));

test('file descriptors that run out: 503, then as before', () => within({ http_connections: 100 }, async (s, w) => {
  await run('prlimit', ['--pid', w.child.pid, '--nofile=40:']);
  const open = Array.from({ length: 60 }, () => dial(s.http));
  await s.until('no descriptor is left', () => open.some((c) => answer(c).status === 503 && /this server has no file descriptor left/.test(c.text)));
  await s.until('nor for a request', async () => /this server has no file descriptor left/.test((await ask(s.http, '/')).body));
  for (const c of open) c.socket.destroy();
  await s.until('it accepts again', async () => (await ask(s.http, '/metrics')).status === 200);
  assert.ok((await s.metric('connections_refused_files_total')) > 20);
  assert.match(w.output(), /warn .*no file descriptor left/);
}));

test('few files from the start: fewer clients, said so, and the rest is refused', async () => {
  const s = await System.create();
  const start = (files) => {
    const child = spawn('sh', ['-c', `ulimit -n ${files}; exec "$0" --listen 127.0.0.1:${s.http} --publish ${s.tcp(s.publish)} --query ${s.tcp(s.query)}`, join(bin, 'floorcast-wallboard')]);
    child.said = '';
    child.stderr.on('data', (b) => { child.said += b; });
    child.ended = new Promise((done) => child.on('exit', done));
    return child;
  };
  const few = start(50);
  assert.equal(await few.ended, 1);
  assert.match(few.said, /may open 50 files only \(ulimit -n\), expected at least 64/);
  const some = start(96);
  const open = [];
  try {
    await s.until('it serves', () => /serving http/.test(some.said));
    assert.match(some.said, /may open 96 files only \(ulimit -n\): at most 30 clients and 10 other connections are let in/);
    for (let i = 0; i < 40; i++) open.push(dial(s.http));
    await s.until('all are in', () => readdirSync(`/proc/${some.pid}/fd`).filter(() => true).length >= 50);
    const refused = await ask(s.http, '/metrics');
    assert.equal(refused.status, 503);
    assert.match(refused.body, /40 connections are open, as many as max_clients and limits\.http_connections allow/);
    for (const c of open) c.socket.destroy();
    await s.until('it accepts again', async () => (await ask(s.http, '/metrics')).status === 200);
  } finally {
    some.kill('SIGTERM');
  }
  assert.equal(await some.ended, 0);
});
