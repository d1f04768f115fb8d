// Each of the three is killed with -9 in the middle of the work and started again; the numbers come out the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { data, sleep, System } from './lib/system.mjs';

const RANGE = 'from=1700000000000000&to=1900000000000000';
const truth = JSON.parse(readFileSync(join(data, 'asterisk/long/summary.json'), 'utf8')).queue_log;
const source = `amilog:${join(data, 'asterisk/long')}`;

let seed = Number(process.env.FC_SEED ?? 20260305);
console.log(`seed: FC_SEED=${seed}`);
function random(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed % below;
}

async function expectTruth(s) {
  const want = Object.values(truth.queues).reduce((n, q) => n + q.offered, 0);
  const items = await s.until('everything is counted', async () => {
    const all = (await s.json(`/api/v1/kpi?${RANGE}`)).items;
    return all.find((i) => i.scope === 'all')?.offered >= want && all;
  });
  await sleep(1200);
  const final = (await s.json(`/api/v1/kpi?${RANGE}`)).items;
  assert.ok(items);
  for (const [name, q] of Object.entries(truth.queues)) {
    const item = final.find((i) => i.scope === 'queue' && i.name === name);
    assert.deepEqual([item.offered, item.answered, item.abandoned, item.missed], [q.offered, q.answered, q.abandoned, q.ring_no_answer], name);
    assert.equal(item.left.key ?? 0, q.exit_key);
  }
}

for (const victim of ['collector', 'aggregator', 'wallboard']) {
  test(`the ${victim} is killed again and again`, async () => {
    const s = await System.create({ clock: 'event' });
    try {
      await s.start();
      const start = { collector: () => s.collector(source, ['--once', '--speed', '100']), aggregator: () => s.aggregator(), wallboard: () => s.wallboard() };
      start.collector(); // 649 recorded seconds in about 6.5
      for (let kill = 0; kill < 6; kill++) {
        await sleep(200 + random(700));
        await s.programs.get(victim).stop('SIGKILL');
        await sleep(random(200));
        start[victim]();
      }
      const { code } = await s.programs.get('collector').ended;
      assert.equal(code, 0, s.logs());
      await s.until('the wallboard is healthy', async () => (await s.fetch('/healthz')).status === 200);
      await expectTruth(s);
      await s.stop();
    } finally {
      await s.kill();
    }
  });
}

test('events wait in the spool while there is no aggregator', async () => {
  const s = await System.create({ clock: 'event' });
  try {
    const collector = s.collector(source, ['--once']);
    await sleep(1500);
    assert.ok(collector.alive(), 'it must not end before all is acked');
    await collector.stop('SIGKILL');
    await s.start();
    const { code } = await s.collector(source, ['--once']).ended;
    assert.equal(code, 0, s.logs());
    await expectTruth(s);
    await s.stop();
  } finally {
    await s.kill();
  }
});
