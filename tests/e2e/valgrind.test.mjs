// A short life of each program under valgrind: events, a display, questions, a reload, a stop. No error, and nothing leaked,
// with nothing suppressed. 12 s of a processor.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { websocket } from './lib/raw.mjs';
import { data, System } from './lib/system.mjs';
import { Producer } from './lib/producer.mjs';

const missing = spawnSync('valgrind', ['--version']).status !== 0 && 'valgrind is not installed';
const under = ['valgrind', '--quiet', '--leak-check=full', '--errors-for-leak-kinds=definite,indirect,possible', '--error-exitcode=99', '--num-callers=30'];
process.env.TZ = 'UTC';

test('a short life, without an error and without a leak', { skip: missing }, async () => {
  const s = await System.create({ clock: 'event' });
  try {
    const ndjson = join(data, 'formats/events-1.ndjson');
    writeFileSync(join(s.dir, 'floor.yaml'), 'groups:\n  - {name: service, queues: [sales, support]}\n');
    copyFileSync(ndjson, join(s.dir, 'events.ndjson'));
    const aggregator = s.run('aggregator', ['--data', 'aggregator', '--data-limit', '256M', '--clock', 'event', '--config', 'floor.yaml', // valgrind gives no 64 GB of addresses
      '--listen', s.tcp(s.listen), '--publish', s.tcp(s.publish), '--query', s.tcp(s.query)], { under });
    const wallboard = s.run('wallboard', ['--listen', `127.0.0.1:${s.http}`, '--publish', s.tcp(s.publish), '--query', s.tcp(s.query)], { under });
    const collector = s.run('collector', ['--source', 'ndjson:events.ndjson', '--source', `zmq://127.0.0.1:${s.ingest}`, '--aggregator', s.tcp(s.listen), '--spool', 'spool'], { under });
    await s.until('the events are counted', async () => (await s.json('/api/v1/kpi?group=service&window=day')).items[0].offered > 0, 60);
    const producer = await Producer.connect(s.ingest);
    assert.deepEqual(await producer.send([{ v: 1, kind: 'offered', ts: 1772438600000000, contact: 'late', queue: 'sales' }]), { ok: 1 });
    producer.close();
    const ws = await websocket(s.http);
    ws.say({ op: 'subscribe', topics: ['queue/*', 'group/all/day'] });
    await s.until('a display has its state', () => ws.messages('state').some((m) => m.items.length > 0), 30);
    await s.json('/api/v1/kpi?from=1772438400000000&to=1772442000000000');
    for (const path of ['/metrics', '/healthz', '/api/v1/agents', '/api/v1/kpi?group=none&window=day', '/ws']) await (await s.fetch(path)).text();
    for (const p of [aggregator, wallboard, collector]) p.child.kill('SIGHUP');
    await s.until('all have read their configuration again', () => [aggregator, wallboard, collector].every((p) => /reload|read again/.test(p.output())), 30);
    ws.socket.destroy();
    for (const p of [collector, wallboard, aggregator]) assert.deepEqual(await p.stop(), { code: 0, signal: null }, p.output());
  } finally {
    await s.kill();
  }
});
