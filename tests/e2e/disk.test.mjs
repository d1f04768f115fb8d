// Full disks, and disks that lose what they were given. Nothing accepted is lost or counted twice; the reason is said
// where people look; and when there is room, work goes on by itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Producer } from './lib/producer.mjs';
import { bin, sleep, System } from './lib/system.mjs';

const DAY_US = (Date.now() - 900_000) * 1000;
const RANGE = `from=${DAY_US - 3_600_000_000}&to=${DAY_US + 86_400_000_000}`;
const faulty = join(bin, 'tests/libfaulty.so');

/** n contacts that come and leave: 2n events. */
function lines(s, n) {
  let text = '';
  for (let i = 0; i < n; i++) for (const event of pair(s)) text += JSON.stringify(event) + '\n';
  return text;
}
function pair(s) {
  const contact = `c${s.contacts++}`;
  const ts = DAY_US + s.contacts * 1000;
  return [{ v: 1, ts, kind: 'offered', contact, queue: 'sales' }, { v: 1, ts: ts + 500, kind: 'left', contact, queue: 'sales', reason: 'key' }];
}

async function within(work) {
  const s = await System.create({ clock: 'event' });
  s.contacts = 0;
  try {
    await work(s);
    await s.stop();
  } finally {
    await s.kill();
  }
}

async function expectCounted(s, n) {
  const counted = async () => {
    const all = (await s.json(`/api/v1/kpi?${RANGE}`)).items.find((i) => i.scope === 'all');
    return all === undefined ? [0, 0] : [all.offered, all.left.key ?? 0];
  };
  await s.until(`${n} contacts are counted`, async () => {
    const now = await counted();
    if (now[1] >= n) return true;
    throw new Error(`${now} of them`);
  }, 60);
  await sleep(1200);
  assert.deepEqual(await s.until('an answer', counted), [n, n]);
}

const times = (program, pattern) => program.output().match(new RegExp(pattern, 'g'))?.length ?? 0;
const health = async (s) => {
  const reply = await s.fetch('/healthz');
  return { code: reply.status, ...(await reply.json()) };
};

/** A limit on the size of the files a program writes, taken away again: needs no rights, works everywhere. */
const limit = {
  name: "a limit on a file's size",
  squeeze: (program, file) => execFileSync('prlimit', ['--pid', program.child.pid, `--fsize=${statSync(file).size + 200_000}:`]),
  relieve: (program) => execFileSync('prlimit', ['--pid', program.child.pid, '--fsize=unlimited:']),
};

/** A file system of its own, filled by another file. */
function volume(dir) {
  mkdirSync(dir);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'floorcast-test', dir]);
  const ballast = join(dir, 'ballast');
  return {
    name: 'a full file system',
    squeeze: () => {
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 300_000, 1));
    },
    relieve: () => rmSync(ballast),
    unmount: () => execFileSync('umount', ['-l', dir]),
  };
}

function mounting() {
  if (process.getuid() !== 0) return 'needs root to mount a small file system';
  const dir = '/tmp/floorcast-mount-test';
  try {
    mkdirSync(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'floorcast-test', dir], { stdio: 'ignore' });
    execFileSync('umount', ['-l', dir]);
    return false;
  } catch {
    return 'may not mount here, though it is root';
  }
}
const unmountable = mounting();

/** The aggregator's store runs out of room in the middle of the work. */
async function aggregatorRunsFull(s, disk) {
  const file = join(s.dir, 'day.ndjson');
  await s.start();
  const aggregator = s.programs.get('aggregator');
  writeFileSync(file, lines(s, 1000));
  const collector = s.collector(`ndjson:${file}`);
  await expectCounted(s, 1000);
  disk.squeeze(aggregator, join(s.dir, 'aggregator/data.mdb'));
  appendFileSync(file, lines(s, 30000));
  const stalled = await s.until('/healthz says that nothing is written', async () => {
    const h = await health(s);
    return h.code === 503 && h.aggregator?.reasons.find((r) => /cannot write/.test(r));
  });
  assert.match(stalled, /cannot write since 20\d\d-.*Z, figures are right up to then, .*: store aggregator: no room on its disk/);
  await sleep(3000); // tries again, in vain
  assert.ok(aggregator.alive() && collector.alive());
  assert.equal(times(aggregator, 'no room on its disk'), 1, 'said once');
  assert.equal((await health(s)).code, 503);
  disk.relieve(aggregator);
  await s.until('it is well again', async () => (await health(s)).code === 200);
  await expectCounted(s, 31000);
  assert.equal(times(aggregator, 'takes writes again, after \\d+ s'), 1, 'and said once that it is over');
}

/** The collector's spool runs out of room: producers hear it, files wait, both go on by themselves. */
async function spoolRunsFull(s, limitArgs, disk, words) {
  const file = join(s.dir, 'day.ndjson');
  writeFileSync(file, lines(s, 500));
  const collector = s.collector([`ndjson:${file}`, `zmq://127.0.0.1:${s.ingest}`], limitArgs);
  await s.until('it listens', () => /listening on/.test(collector.output()));
  const producer = await Producer.connect(s.ingest);
  let accepted = 500;
  const first = await producer.send(pair(s));
  assert.deepEqual(first, { ok: 2 });
  accepted++;
  if (disk) disk.squeeze(collector, join(s.dir, 'spool/data.mdb'));
  const waiting = 40000;
  appendFileSync(file, lines(s, waiting));
  // Who is in the round that meets the wall gets an answer when there is room; who comes then, a refusal.
  let second = await Producer.connect(s.ingest);
  const open = [];
  const refused = await s.until('a producer is refused', async () => {
    const sent = second.send(Array.from({ length: 50 }, () => pair(s)).flat());
    const reply = await Promise.race([sent, sleep(1000)]);
    if (reply === undefined) {
      open.push(sent);
      second = await Producer.connect(s.ingest);
    }
    if (reply?.ok) accepted += 50;
    return reply?.error && reply;
  });
  assert.match(refused.error, words);
  assert.equal(refused.index, 0);
  await sleep(1500);
  assert.ok(collector.alive());
  assert.equal(times(collector, 'files wait, producers get an error'), 1, 'said once');
  if (disk) disk.relieve(collector);
  await s.start();
  await s.until('there is room', () => /has room again/.test(collector.output()));
  for (const reply of await Promise.all(open)) accepted += reply.ok ? 50 : 0;
  accepted += waiting;
  const again = await (await Producer.connect(s.ingest)).send(pair(s));
  assert.deepEqual(again, { ok: 2 });
  await expectCounted(s, accepted + 1);
}

// Most of it is waiting, so they run side by side.
describe('disk', { concurrency: 4 }, () => {
  test(`the aggregator runs into ${limit.name}`, () => within((s) => aggregatorRunsFull(s, limit)));

  test('the aggregator runs into a full file system', { skip: unmountable }, () => within(async (s) => {
    const disk = volume(join(s.dir, 'aggregator'));
    try {
      await aggregatorRunsFull(s, disk);
      for (const p of [...s.started].reverse()) await p.stop();
    } finally {
      await Promise.all(s.started.map((p) => p.stop('SIGKILL')));
      disk.unmount();
    }
  }));

  test('the aggregator reaches its own limit: a larger one goes on from there', () => within(async (s) => {
    const file = join(s.dir, 'day.ndjson');
    const start = (size) => s.run('aggregator', ['--data', 'aggregator', '--data-limit', size, '--listen', s.tcp(s.listen), '--publish', s.tcp(s.publish), '--query', s.tcp(s.query), '--clock', 'event']);
    let aggregator = start('1M');
    s.wallboard();
    writeFileSync(file, lines(s, 20000)); // what is known of so many contacts takes more
    s.collector(`ndjson:${file}`);
    const stalled = await s.until('/healthz says so', async () => {
      const h = await health(s).catch(() => ({}));
      return h.code === 503 && h.aggregator?.reasons.find((r) => /cannot write/.test(r));
    });
    assert.match(stalled, /: store aggregator: full: .*1048576/);
    await aggregator.stop('SIGKILL');
    aggregator = start('64M');
    await s.until('it is well again', async () => (await health(s)).code === 200);
    await expectCounted(s, 20000);
  }));

  test('a sync of the aggregator fails: it ends, and goes on from the disk', { skip: !existsSync(faulty) && 'no tests/libfaulty.so in this build' }, () => within(async (s) => {
    const file = join(s.dir, 'day.ndjson');
    const fault = join(s.dir, 'fault');
    await s.start();
    await s.programs.get('aggregator').stop();
    const args = ['--data', 'aggregator', '--listen', s.tcp(s.listen), '--publish', s.tcp(s.publish), '--query', s.tcp(s.query), '--clock', 'event'];
    const options = { env: { LD_PRELOAD: faulty, FAULTY: fault, ASAN_OPTIONS: 'verify_asan_link_order=0' } };
    const aggregator = s.run('aggregator', args, options);
    writeFileSync(file, lines(s, 1000));
    s.collector(`ndjson:${file}`);
    await expectCounted(s, 1000);
    writeFileSync(fault, 'fail');
    appendFileSync(file, lines(s, 3000));
    assert.equal((await aggregator.ended).code, 1, aggregator.output());
    assert.match(aggregator.output(), /store aggregator: the disk lost a write .*stopping with exit code 1/);
    rmSync(fault);
    s.run('aggregator', args, options);
    await expectCounted(s, 4000);
  }));

  test("the spool's limit is reached", () => within((s) => spoolRunsFull(s, ['--spool-limit', '1M'], null, /spool is full: send again from index after a while; spool spool is at its limit of 1048576 bytes/)));

  test(`the spool runs into ${limit.name}`, () => within((s) => spoolRunsFull(s, [], limit, /spool is full: send again from index after a while; spool spool: no room on its disk/)));

  test('a cut store is refused with where to read on', () => within(async (s) => {
    await s.start();
    writeFileSync(join(s.dir, 'day.ndjson'), lines(s, 2000));
    assert.equal((await s.collector(`ndjson:${join(s.dir, 'day.ndjson')}`, ['--once']).ended).code, 0);
    await s.programs.get('aggregator').stop();
    const file = join(s.dir, 'aggregator/data.mdb');
    truncateSync(file, 16384);
    const refused = s.aggregator();
    assert.equal((await refused.ended).code, 1, refused.output());
    assert.match(refused.output(), /store aggregator: data\.mdb is cut off: 16384 bytes, expected \d+ .*README, "A damaged store"/);
    assert.equal(statSync(file).size, 16384, 'left as it was found');
  }));
});
