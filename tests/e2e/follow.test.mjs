// A queue_log that grows, is rotated in both ways and read by a collector that is killed, through the real programs.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { data, sleep, System } from './lib/system.mjs';

const RANGE = 'from=1700000000000000&to=1900000000000000';
const corpus = join(data, 'asterisk', 'crash');
const truth = JSON.parse(readFileSync(join(corpus, 'summary.json'), 'utf8')).queue_log;
const lines = readFileSync(join(corpus, 'queue_log.txt'), 'utf8').match(/.*\n/g);
const total = (key) => Object.values(truth.queues).reduce((n, q) => n + q[key], 0);

const queuesOf = async (s) => (await s.json(`/api/v1/kpi?${RANGE}`)).items.filter((i) => i.scope === 'queue');
const sumOf = (items, key) => items.reduce((n, i) => n + i[key], 0);

async function expectTruth(s) {
  await s.until('all of the log is in the stored intervals', async () => {
    const items = await queuesOf(s);
    return sumOf(items, 'offered') >= total('offered') && sumOf(items, 'answered') >= total('answered') && sumOf(items, 'abandoned') >= total('abandoned');
  });
  await sleep(1500); // whatever would be counted once too often has time to show
  for (const item of await queuesOf(s)) {
    const q = truth.queues[item.name];
    const ours = [item.offered, item.answered, item.abandoned, item.left.timeout ?? 0, item.left.key ?? 0, item.left.unknown ?? 0, item.missed];
    assert.deepEqual(ours, [q.offered, q.answered, q.abandoned, q.exit_timeout, q.exit_key, q.cut_waiting, q.ring_no_answer], `${item.name}: offered, answered, abandoned, timeout, key, cut off, missed\n${s.logs()}`);
    assert.equal(item.asa_ms, Math.round((q.wait_answered.sum * 1000) / q.wait_answered.n), `${item.name}: mean wait`);
    assert.equal(item.talk_ms, Math.round((q.talk.sum * 1000) / q.talk.n), `${item.name}: mean talk`);
  }
}

test('queuelog: followed through rotation and kill -9, the figures are those of the whole log', async () => {
  const s = await System.create({ clock: 'event' });
  try {
    await s.start();
    const log = join(s.dir, 'queue_log');
    const part = (k) => lines.slice(Math.floor((k * lines.length) / 6), Math.floor(((k + 1) * lines.length) / 6)).join('');
    const offeredSoFar = (k) => lines.slice(0, Math.floor(((k + 1) * lines.length) / 6)).filter((l) => l.split('|')[4] === 'ENTERQUEUE').length;
    const taken = (k) => s.until(`part ${k} of the log is counted`, async () => sumOf(await queuesOf(s), 'offered') === offeredSoFar(k));
    const follow = () => s.collector(`queuelog:${log}`);

    follow(); // before there is a log
    writeFileSync(log, part(0));
    await taken(0);
    renameSync(log, `${log}.1`); // rotated by renaming; the PBX writes on for a moment
    const late = part(1);
    appendFileSync(`${log}.1`, late.slice(0, late.indexOf('\n') + 1));
    writeFileSync(log, late.slice(late.indexOf('\n') + 1));
    await taken(1);
    appendFileSync(log, part(2).slice(0, -20)); // killed while the last line is being written
    await s.programs.get('collector').stop('SIGKILL');
    appendFileSync(log, part(2).slice(-20));
    renameSync(`${log}.1`, `${log}.2`); // rotated while nobody reads
    renameSync(log, `${log}.1`);
    writeFileSync(log, part(3));
    follow();
    await taken(3);
    copyFileSync(log, `${log}.0`); // rotated by copying and cutting
    truncateSync(log);
    appendFileSync(log, part(4));
    await taken(4);
    await s.programs.get('collector').stop('SIGKILL');
    appendFileSync(log, part(5));
    follow();
    await expectTruth(s);
    const sources = (await s.json('/api/v1/sources')).sources;
    assert.deepEqual(sources.map((x) => [x.src.split(':')[0], x.gaps]), [['collector', 0], ['queuelog', 1]], 'one source beside the collector, and one gap: where Asterisk itself was killed');
    await s.stop();
  } finally {
    for (const p of s.programs.values()) if (p.alive()) p.child.kill('SIGKILL');
  }
});

test('queuelog: a log that is away is said to be down, and followed when it comes', async () => {
  const s = await System.create({ clock: 'wall' });
  try {
    await s.start();
    const log = join(s.dir, 'queue_log');
    const p = s.collector(`queuelog:${log}`);
    const state = (want) => s.until(`the source is ${want}`, async () => (await s.json('/api/v1/sources')).sources.find(({ src }) => src.startsWith('queuelog:'))?.state === want);
    await state('down');
    assert.match(p.output(), /queuelog .*queue_log: No such file or directory, waiting for it/);
    writeFileSync(log, '');
    await state('up');
    await s.stop();
  } finally {
    for (const p of s.programs.values()) if (p.alive()) p.child.kill('SIGKILL');
  }
});
