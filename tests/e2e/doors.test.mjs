// Who may listen where, and who may ask: nothing is open to other machines unless somebody said so, and no page of another site gets anything.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, websocket } from './lib/raw.mjs';
import { System } from './lib/system.mjs';

const late = (ms) => new Promise((done) => { setTimeout(done, ms, { code: 'still running' }).unref(); });

async function within(work) {
  const s = await System.create();
  try {
    await work(s);
    for (const p of s.started) await p.stop();
  } finally {
    await s.kill();
  }
}

async function ends(program, code, ...patterns) {
  const end = await Promise.race([program.ended, late(15000)]);
  assert.equal(end.code, code, program.output());
  for (const pattern of patterns) assert.match(program.output(), pattern);
}

test('beyond loopback only with --insecure, and then it is said what that means', () => within(async (s) => {
  const open = 'tcp://0.0.0.0:*';
  for (const option of ['listen', 'publish', 'query']) {
    await ends(s.run('aggregator', ['--check', `--${option}`, open]), 2, new RegExp(`--${option} tcp://0\\.0\\.0\\.0.*without keys whoever does can.*expected a loopback address, or --insecure`));
    await ends(s.run('aggregator', ['--check', '--insecure', `--${option}`, open]), 0, /--insecure: --.*without keys whoever does can/);
  }
  await ends(s.run('collector', ['--check', '--spool', 'x', '--source', 'zmq://*:5560']), 2, /zmq:\/\/\*:5560.*without keys.*--insecure/);
  await ends(s.run('collector', ['--check', '--spool', 'x', '--source', 'zmq://127.evil.example:5560']), 2, /without keys/);
  const c = s.run('collector', ['--insecure', '--spool', 'open', '--source', `zmq://0.0.0.0:${s.ingest}`]);
  await s.until('the collector says so', () => /warn .*--insecure: source zmq:\/\/0\.0\.0\.0.*without keys/.test(c.output()));
  for (const at of ['0.0.0.0:0', '[::]:0']) await ends(s.run('wallboard', ['--check', '--listen', at]), 2, /without keys whoever reaches it sees every queue and agent.*--insecure/);
  const w = s.run('wallboard', ['--insecure', '--listen', '0.0.0.0:0']);
  await s.until('the wallboard says so', () => /warn .*--insecure: everyone who reaches/.test(w.output()));
}));

test('Host must be a name of this server, and Origin its own page', () => within(async (s) => {
  const page = join(s.dir, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Floorcast</title>');
  const w = s.wallboard(['--name', 'wall.example.org', '--web', page]);
  await s.until('it serves', () => /serving http/.test(w.output()));
  const status = async (path, host, headers = {}) => (await ask(s.http, path, { host, headers })).status;
  for (const host of [`127.0.0.1:${s.http}`, `localhost:${s.http}`, '[::1]:80', 'wall.example.org', 'Wall.Example.Org:443', hostname(), `${hostname()}.local:8080`, null])
    assert.equal(await status('/', host), 200, `Host: ${host}`);
  for (const host of ['evil.example', `evil.example:${s.http}`, 'wall.example.org.evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
    for (const path of ['/', '/metrics', '/api/v1/kpi']) {
      const { status: got, body } = await ask(s.http, path, { host });
      assert.equal(got, 421, `${path} Host: ${host}`);
      assert.match(JSON.parse(body).error, /is no name of this server, expected an address, localhost, or one given as --name/);
    }
  assert.equal(await status('/metrics', 'wall.example.org', { Origin: 'https://wall.example.org' }), 200);
  for (const Origin of ['http://evil.example', 'null', 'https://wall.example.org:8443']) assert.equal(await status('/metrics', 'wall.example.org', { Origin }), 403, Origin);

  const origin = { Origin: `http://127.0.0.1:${s.http}` };
  const own = await websocket(s.http, { headers: origin });
  assert.equal(own.status, 101);
  for (const headers of [{ Origin: 'http://evil.example' }, { Origin: 'null' }]) assert.equal((await websocket(s.http, { headers })).status, 403);
  own.socket.destroy();

  for (const [method, path] of [['GET', '/'], ['GET', '/metrics'], ['OPTIONS', '/api/v1/kpi'], ['GET', '/api/v1/kpi'], ['GET', '/nothing']]) {
    const { head, status: got } = await ask(s.http, path, { method, headers: { ...origin, 'Access-Control-Request-Method': 'GET' } });
    assert.doesNotMatch(head, /access-control/i, `${method} ${path}`);
    assert.match(head, /cross-origin-resource-policy: same-origin/i);
    if (method === 'OPTIONS') assert.equal(got, 405);
  }
  assert.match((await ask(s.http, '/metrics')).body, /http_refused_host_total 15\n/);
  assert.match(w.output(), /127\.0\.0\.1: host: "evil\.example" is no name of this server/);
}));
