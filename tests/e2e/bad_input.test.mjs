// What goes wrong in real life: each gets one clear line with what, where and what was expected, and the agreed exit code.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, sleep, System } from './lib/system.mjs';

async function within(work) {
  const s = await System.create({ clock: 'event' });
  try {
    await work(s);
    for (const p of s.started) await p.stop();
  } finally {
    await s.kill();
  }
}

/** Runs to its end; the code and every pattern must fit. */
async function fails(program, code, ...patterns) {
  const end = await Promise.race([program.ended, sleep(15000).then(() => ({ code: 'still running' }))]);
  assert.equal(end.code, code, program.output());
  for (const pattern of patterns) assert.match(program.output(), pattern);
}

/** A peer that answers every connection with `lines`, in turn. */
async function peer(respond) {
  const server = createServer(respond);
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

test('a wrong password', () => within(async (s) => {
  const asterisk = await peer((socket) => {
    socket.on('error', () => {});
    socket.write('Asterisk Call Manager/11.0.0\r\n');
    socket.once('data', (bytes) => {
      const id = /ActionID: (.*)\r\n/i.exec(bytes.toString())?.[1];
      socket.end(`Response: Error\r\nActionID: ${id}\r\nMessage: Authentication failed\r\n\r\n`);
    });
  });
  const p = s.collector(`ami://me@127.0.0.1:${asterisk.address().port}`, [], { env: { FLOORCAST_AMI_SECRET: 'wrong-secret' } });
  await s.until('it says so', () => /login refused by Asterisk: Authentication failed.*manager\.conf/.test(p.output()));
  assert.ok(p.alive(), 'it tries again');
  assert.doesNotMatch(p.output(), /wrong-secret/);
  asterisk.close();
}));

test('a refused connection', () => within(async (s) => {
  const port = await freePort();
  const p = s.collector(`ami://me@127.0.0.1:${port}`, [], { env: { FLOORCAST_AMI_SECRET: 'x' } });
  await s.until('it says so', () => new RegExp(`127\\.0\\.0\\.1:${port}: Connection refused, next try in`).test(p.output()));
  assert.ok(p.alive());
}));

test('a peer that is no Asterisk', () => within(async (s) => {
  const ssh = await peer((socket) => {
    socket.on('error', () => {});
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
  });
  const p = s.collector(`ami://me@127.0.0.1:${ssh.address().port}`, [], { env: { FLOORCAST_AMI_SECRET: 'x' } });
  await s.until('it says so', () => /no Asterisk|not an Asterisk|Asterisk Call Manager/.test(p.output()));
  ssh.close();
}));

test('no secret is configured', () => within(async (s) => {
  await fails(s.collector('ami://me@127.0.0.1:5038', [], { env: { FLOORCAST_AMI_SECRET: undefined } }), 2, /FLOORCAST_AMI_SECRET|secret/);
}));

test('a queue_log line that is no line: the others count', () => within(async (s) => {
  await s.start();
  const log = join(s.dir, 'queue_log');
  writeFileSync(log, '1700000000|1.1|sales|NONE|ENTERQUEUE||100|1\nthis is no line\n1700000009|1.1|sales|Ann|CONNECT|9|1.2|3\n');
  const p = s.collector(`queuelog:${log}`, ['--once']);
  await fails(p, 0, /queue_log:2 .*expected/);
  await s.until('the good lines are counted', async () => (await s.json('/api/v1/kpi?from=1699990000000000&to=1700100000000000')).items.find((i) => i.scope === 'all' && i.answered === 1));
}));

test('JSON that is no event: the others count', () => within(async (s) => {
  await s.start();
  const file = join(s.dir, 'events.ndjson');
  const ok = { v: 1, ts: 1700000000000000, kind: 'offered', contact: 'c1', queue: 'sales' };
  writeFileSync(file, [JSON.stringify(ok), '{"v":1,"ts":1,"kind":', '[1,2]', '{"v":1,"ts":1700000000000000,"kind":"left","contact":"c1","queue":"sales","reason":"bored"}',
    '{"v":1,"ts":1700000000000000,"kind":"answered","contact":"c1","queue":"sales"}', JSON.stringify({ ...ok, contact: 'c2' })].join('\n') + '\n');
  const p = s.collector(`ndjson:${file}`, ['--once']);
  await fails(p, 0, /events\.ndjson:2: .*not JSON/, /events\.ndjson:3: .*JSON object/, /events\.ndjson:4: .*"bored" is none of: abandoned, timeout/, /events\.ndjson:5: .*"agent" is missing/);
  await s.until('the good ones are counted', async () => (await s.json('/api/v1/kpi?from=1699990000000000&to=1700100000000000')).items.find((i) => i.scope === 'all' && i.offered === 2));
}));

test('a spool directory that cannot be written', () => within(async (s) => {
  writeFileSync(join(s.dir, 'spool'), 'a file stands where the directory should be');
  await fails(s.collector('ndjson:-', ['--once']), 1, /spool: spool\/lock: Not a directory/);
}));

test('a spool directory that another collector has', () => within(async (s) => {
  const first = s.collector(`zmq://127.0.0.1:${s.ingest}`);
  await s.until('the first runs', () => /listening on/.test(first.output()));
  await fails(s.collector('ndjson:-', ['--once']), 1, /spool spool: in use by another floorcast-collector/);
  await first.stop();
}));

test('an endpoint in use', () => within(async (s) => {
  const other = await peer(() => {});
  const port = other.address().port;
  await fails(s.collector(`zmq://127.0.0.1:${port}`), 1, new RegExp(`127\\.0\\.0\\.1:${port}.*(in use|[Aa]ddress already)`));
  s.listen = port;
  const a = s.aggregator();
  await a.ended;
  assert.notEqual(a.child.exitCode, 0);
  assert.match(a.output(), new RegExp(`127\\.0\\.0\\.1:${port}.*(in use|[Aa]ddress already)`));
  s.http = port;
  const w = s.wallboard();
  await w.ended;
  assert.notEqual(w.child.exitCode, 0);
  assert.match(w.output(), new RegExp(`${port}`));
  other.close();
}));

test('a config typo names file, line and what is allowed', () => within(async (s) => {
  const file = join(s.dir, 'floor.yaml');
  writeFileSync(file, 'zone: Europe/Berlin\nqueues:\n  - name: sales\n    treshold_s: 20\n');
  await fails(s.run('aggregator', ['--check', '--config', file]), 2, /floor\.yaml:4:\d+: unexpected key `treshold_s`.*; allowed: .*threshold_s/);
  for (const [text, wrong] of [
    ['goal: 80\n', /floor\.yaml:1:7: `goal` is 80, expected a share above 0 and at most 1/],
    ['late_s: 1h\n', /floor\.yaml:1:9: `late_s` is '1h', expected a whole number/],
    ['zone: Europe/Berlim\n', /floor\.yaml:1:7: `zone` is "Europe\/Berlim", expected an IANA name/],
    ['queues:\n  - name: sales\n    zone: Asia/Shangai\n', /floor\.yaml:3:11: `queues\[1\]\.zone` is "Asia\/Shangai", expected an IANA name/],
    ['queues:\n  - name: sales\n    service_level: best\n', /floor\.yaml:3:20: `queues\[1\]\.service_level` is best, expected one of: default, answered, /],
    ['queues:\n  - name: sales\n  - name: sales\n', /floor\.yaml:3:11: `queues\[2\]\.name` is "sales", which queues\[1\] is already/],
    ['groups:\n  - name: all\n    queues: [sales]\n', /floor\.yaml:2:11: `groups\[1\]\.name` is "all", expected another name/],
    ['groups:\n  - name: west\n    queues: []\n', /floor\.yaml:3:13: `groups\[1\]\.queues` is empty, expected the name of at least one queue/],
    ['fcr: {window_h: 1000}\n', /floor\.yaml:1:17: `fcr\.window_h` is 1000, expected whole hours from 1 to 720/],
  ]) {
    writeFileSync(file, text);
    await fails(s.run('aggregator', ['--check', '--config', file]), 2, wrong);
  }
  writeFileSync(file, 'goal: 0.9\nday_start: "06:00"\ngroups:\n  - {name: west, queues: [sales]}\n');
  await fails(s.run('aggregator', ['--check', '--config', file]), 0);
}));

test('a reload with a mistake changes nothing; one without says what it changes', () => within(async (s) => {
  s.config = join(s.dir, 'floor.yaml');
  writeFileSync(s.config, 'zone: UTC\nthreshold_s: 20\n');
  const a = s.aggregator();
  await s.until('it runs', () => /publishing at/.test(a.output()));
  writeFileSync(s.config, 'zone: UTC\nthreshold_s: 0\n');
  a.child.kill('SIGHUP');
  await s.until('it refuses', () => /reload refused, the old configuration stays: .*floor\.yaml:2:14: `threshold_s` is 0, expected seconds above 0/.test(a.output()));
  assert.ok(a.alive());
  writeFileSync(s.config, 'zone: Asia/Shanghai\nthreshold_s: 10\nqueues: [{name: sales, goal: 0.9}]\n');
  a.child.kill('SIGHUP');
  await s.until('it says all', () => /zone: default UTC -> Asia\/Shanghai: from the end of the running day/.test(a.output()));
  assert.match(a.output(), /configuration read again: 1 queues and 0 groups named/);
  assert.match(a.output(), /threshold_s: default 20 -> 10: for contacts offered from now on; stored intervals keep what they counted/);
  assert.match(a.output(), /goal: sales 0\.8 -> 0\.9: from now on, for all stored intervals too/);
}));

test('options that do not exist or open a door', () => within(async (s) => {
  await fails(s.run('aggregator', ['--dat', 'x']), 2, /--dat/);
  await fails(s.run('aggregator', ['--listen', 'tcp://0.0.0.0:5600']), 2, /0\.0\.0\.0:5600.*--insecure/);
  await fails(s.run('collector', ['--source', 'zmq://0.0.0.0:5560', '--spool', 'x']), 2, /0\.0\.0\.0.*--insecure/);
  await fails(s.run('wallboard', ['--listen', '0.0.0.0:8080', '--publish', 'tcp://127.0.0.1:1', '--query', 'tcp://127.0.0.1:2']), 2, /0\.0\.0\.0.*--insecure/);
}));

test('a data directory that is another program\'s', () => within(async (s) => {
  mkdirSync(join(s.dir, 'aggregator'));
  writeFileSync(join(s.dir, 'aggregator', 'data.mdb'), 'this is no database'.repeat(1000));
  chmodSync(join(s.dir, 'aggregator'), 0o700);
  const a = s.aggregator();
  await a.ended;
  assert.notEqual(a.child.exitCode, 0);
  assert.match(a.output(), /aggregator/);
}));
