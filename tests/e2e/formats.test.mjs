// What programs of earlier versions left on disk, opened by today's: the same figures come of it, by each way. README of data/formats.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { figures } from '../data/formats/figures.mjs';
import { data, System } from './lib/system.mjs';

const fixtures = join(data, 'formats');
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'));
process.env.TZ = 'UTC'; // the business day's

async function expectFigures(s) {
  const want = expected['window=day'].find((item) => item.scope === 'all').offered;
  await s.until('all is counted', async () => (await s.json('/api/v1/kpi?group=all&window=day')).items[0].offered === want);
  await s.until('and stored', async () => (assert.deepEqual(await figures(`http://127.0.0.1:${s.http}`), expected), true));
}

async function run(prepare) {
  const s = await System.create({ clock: 'event' });
  try {
    await prepare(s);
    await expectFigures(s);
    await s.stop();
  } finally {
    await s.kill();
  }
}

function copy(s, from, to) {
  cpSync(join(fixtures, from), join(s.dir, to), { recursive: true });
  chmodSync(join(s.dir, to), 0o700);
}

test('store-3: a store that a kill left, with a journal behind its checkpoint', () => run(async (s) => {
  copy(s, 'store-3', 'aggregator');
  await s.start();
}));

test('spool-1: a spool that nobody has taken anything of', () => run(async (s) => {
  copy(s, 'spool-1', 'spool');
  chmodSync(join(s.dir, 'spool/customer.key'), 0o600);
  writeFileSync(join(s.dir, 'nothing'), '');
  await s.start();
  const { code } = await s.collector('ndjson:nothing', ['--once']).ended;
  assert.equal(code, 0, s.logs());
}));

test('events-1: a file of events', () => run(async (s) => {
  await s.start();
  const { code } = await s.collector(`ndjson:${join(fixtures, 'events-1.ndjson')}`, ['--once']).ended;
  assert.equal(code, 0, s.logs());
}));
