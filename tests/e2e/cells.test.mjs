// One floor through one aggregator, and through two that have a group of queues each, behind one wallboard: the same numbers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { freePort, sleep, System } from './lib/system.mjs';

const T = 1790000000000000; // within one day of UTC
const S = 1e6;
const END = T + 3600 * S;
const groups = { front: ['sales', 'returns'], back: ['support', 'billing'] };
const config = 'zone: UTC\nthreshold_s: 20\nqueues:\n  - {name: billing, threshold_s: 30}\ngroups:\n' + Object.entries(groups).map(([name, queues]) => `  - name: ${name}\n    queues: [${queues}]\n`).join('');
const RANGE = `from=${T - (T % (60 * S))}&to=${END + 60 * S}`;

let seed = Number(process.env.FC_SEED ?? 20260407);
console.log(`seed: FC_SEED=${seed}`);
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const one = (list) => list[random(list.length)];

/** A contact's events, in order of time. */
function visit(id, group, i) {
  const queue = one(groups[group]);
  const agent = `${group}-${random(6)}`;
  const channel = queue === 'returns' || random(4) > 0 ? 'voice' : one(['chat', 'email']);
  const events = [];
  let ts = T + i * 4 * S + random(4 * S);
  const say = (after_s, kind, keys) => events.push({ v: 1, ts: (ts += after_s * S + random(S)), kind, ...keys });
  say(0, 'offered', { contact: id, queue, channel, customer: `${group}-c${random(150)}` });
  if (random(5) === 0) {
    say(random(60), 'left', { contact: id, queue, reason: one(['abandoned', 'abandoned', 'timeout', 'overflow']) });
    return events;
  }
  say(random(10), 'alerted', { contact: id, queue, agent });
  if (random(8) === 0) say(5, 'missed', { contact: id, queue, agent });
  say(random(30), 'answered', { contact: id, queue, agent });
  if (random(6) === 0) {
    say(random(20), 'held', { contact: id });
    say(random(20), 'resumed', { contact: id });
  }
  say(random(120), 'ended', { contact: id, by: one(['agent', 'customer', 'transfer']) });
  if (random(3) > 0) say(random(20), 'wrapped', { contact: id, agent });
  if (random(4) === 0) say(1, 'surveyed', { contact: id, csat: 1 + random(5), nps: random(11), resolved: random(2) === 0, rater: [1, 2, 3, 4, 5].map(() => 1 + random(5)) });
  if (random(4) === 0) say(1, 'resolved', { contact: id, outcome: one(['yes', 'no']), cause: one(['frontline', 'process', 'support']) });
  if (random(15) === 0) {
    say(1, 'complaint', { case: `case-${id}`, stage: 'opened', queue, agent, cause: 'process' });
    if (random(2) === 0) say(30, 'complaint', { case: `case-${id}`, stage: 'acknowledged' });
    if (random(2) === 0) say(30, 'complaint', { case: `case-${id}`, stage: 'resolved' });
  }
  return events;
}

/** The events of one group: its agents come, its contacts come, one more waits in each queue at the very end. */
function floor(group) {
  const events = [{ v: 1, ts: T - S, kind: 'hello', src: `pbx-${group}` }];
  for (let a = 0; a < 6; a++) for (const queue of groups[group]) events.push({ v: 1, ts: T + a * S, kind: 'joined', queue, agent: `${group}-${a}`, name: `Seat ${5 - a} ${group}` });
  for (let i = 0; i < 850; i++) events.push(...visit(`${group}-${i}`, group, i));
  events.push({ v: 1, ts: T + 3000 * S, kind: 'agent', agent: `${group}-5`, state: 'paused', reason: 'lunch' });
  const past = events.filter((e) => e.ts < END);
  for (const queue of groups[group]) past.push({ v: 1, ts: END, kind: 'offered', contact: `${queue}-last`, queue, channel: 'voice' });
  return past;
}

const inTime = (events) => [...events].sort((a, b) => a.ts - b.ts);
const parts = { front: inTime(floor('front')), back: inTime(floor('back')) };
const whole = inTime([...parts.front, ...parts.back]);

let alone, split; // System; split has a cell of its own for each group
const cells = [];

async function writeEvents(s, name, events) {
  const file = join(s.dir, `${name}.ndjson`);
  writeFileSync(file, events.map((e) => JSON.stringify(e)).join('\n') + '\n');
  return file;
}

function startCell(cell) {
  const { s, name, listen, publish, query } = cell;
  cell.program = s.run('aggregator', ['--cell', '--data', name, '--listen', s.tcp(listen), '--publish', s.tcp(publish), '--query', s.tcp(query), '--clock', 'event', '--config', s.config]);
}

async function feed(s, name, events, listen) {
  const file = await writeEvents(s, name, events);
  const done = await s.run('collector', ['--source', `ndjson:${file}`, '--aggregator', s.tcp(listen), '--spool', `spool-${name}`, '--once']).ended;
  assert.equal(done.code, 0, s.logs());
}

async function startSplit() {
  const s = await System.create({ clock: 'event' });
  s.config = join(s.dir, 'floor.yaml');
  writeFileSync(s.config, config);
  for (const name of Object.keys(groups)) {
    const [listen, publish, query] = await Promise.all([1, 2, 3].map(freePort));
    cells.push({ s, name, listen, publish, query });
    startCell(cells.at(-1));
  }
  s.run('wallboard', ['--listen', `127.0.0.1:${s.http}`, ...cells.flatMap((c) => ['--publish', s.tcp(c.publish), '--query', s.tcp(c.query)])]);
  await s.until('the wallboard is healthy', async () => (await s.fetch('/healthz')).status === 200);
  return s;
}

const offered = whole.filter((e) => e.kind === 'offered').length;
const all = async (s, when) => (await s.json(`/api/v1/kpi?group=all&${when}`)).items[0];
async function untilWhole(s) {
  await s.until('all is live', async () => (await all(s, 'window=day')).offered === offered);
  await s.until('all is stored', async () => (await all(s, RANGE)).offered === offered);
}

before(async () => {
  alone = await System.create({ clock: 'event' });
  alone.config = join(alone.dir, 'floor.yaml');
  writeFileSync(alone.config, config);
  await alone.start();
  split = await startSplit();
  await feed(alone, 'whole', whole, alone.listen);
  for (const cell of cells) await feed(split, cell.name, parts[cell.name], cell.listen);
  await untilWhole(alone);
  await untilWhole(split);
});
after(async () => {
  try {
    await split?.stop();
    await alone?.stop();
  } finally {
    await split?.kill();
    await alone?.kill();
  }
});

/** What cannot be the same: how often and when an item was written, and how many aggregators it is from. */
const numbers = ({ ver, at_us, cells: _, ...rest }) => rest;

/** Sentences about what differs: the whole items would be pages. */
function differences(one, two) {
  const name = (item) => `${item.scope}/${item.name}/${item.channel} ${item.from_us ?? ''}`;
  const wrong = [];
  if (String(one.map(name)) !== String(two.map(name))) wrong.push(`items ${two.map(name)}, expected ${one.map(name)}`);
  for (let i = 0; wrong.length === 0 && i < one.length; i++)
    for (const key of new Set([...Object.keys(one[i]), ...Object.keys(two[i])]))
      if (!isDeepStrictEqual(one[i][key], two[i][key])) wrong.push(`${name(one[i])} ${key}: ${JSON.stringify(two[i][key])}, expected ${JSON.stringify(one[i][key])}`);
  return wrong;
}

async function theSame(path) {
  const ask = async (s) => (await s.json(path)).items.map(numbers);
  let items, wrong;
  // The last turns of three clocks have to be over; what stays different is different.
  for (let i = 0; i < 40; i++) {
    items = await ask(alone);
    wrong = differences(items, await ask(split));
    if (wrong.length === 0) break;
    await sleep(100);
  }
  assert.deepEqual(wrong, [], path);
  assert.ok(items.length > 0, path);
  return items;
}

for (const window of ['now', 'm15', 'h1', 'day']) {
  test(`live items of window ${window}`, async () => {
    const [item] = await theSame(`/api/v1/kpi?group=all&window=${window}`);
    assert.equal(item.waiting, whole.filter((e) => e.kind === 'offered' && e.ts === END).length);
    if (window === 'day') assert.ok(item.service_level.n > 1000 && item.wait_p90_ms > 0 && item.complaints.open > 0 && item.csat.n > 0 && item.fcr_provisional.n > 0);
    await theSame(`/api/v1/kpi?scope=group&window=${window}`);
    await theSame(`/api/v1/kpi?scope=queue&window=${window}`);
    await theSame(`/api/v1/kpi?scope=agent&window=${window}`);
    await theSame(`/api/v1/kpi?scope=all&channel=chat&window=${window}`);
    await theSame(`/api/v1/kpi?window=${window}`);
  });
}

test('stored intervals, whole and in steps', async () => {
  for (const filter of ['group=all', 'group=front', 'scope=group', 'queue=billing', 'agent=back-3', 'scope=queue', 'scope=agent', 'channel=email', 'scope=all&channel=voice']) {
    await theSame(`/api/v1/kpi?${filter}&${RANGE}`);
    await theSame(`/api/v1/kpi?${filter}&${RANGE}&step_us=${900 * S}`);
  }
  const history = `/api/v1/history?kpi=service_level&${RANGE}&step=${300 * S}`;
  const points = (await split.json(history)).points;
  assert.deepEqual(points, (await alone.json(history)).points);
  assert.ok(points.length > 10);
  for (const s of [alone, split]) {
    assert.equal((await s.fetch(`/api/v1/kpi?queue=nobody&${RANGE}`)).status, 404);
    assert.equal((await s.fetch(`/api/v1/kpi?group=nobody&${RANGE}`)).status, 404);
  }
});

test('lists hold what all cells know', async () => {
  const agents = (s) => s.json('/api/v1/agents').then((a) => a.agents);
  const both = await agents(split);
  assert.deepEqual(both, await agents(alone));
  assert.equal(both.length, 12);
  const sources = (s) => s.json('/api/v1/sources').then((a) => a.sources.map((x) => [x.src, x.state]));
  assert.deepEqual(await sources(split), [['pbx-back', 'up'], ['pbx-front', 'up']]);
  assert.deepEqual(await sources(split), await sources(alone));
});

test('a cell that is killed makes everything stale, and comes back', async () => {
  assert.deepEqual((await all(split, 'window=day')).cells, { up: 2, of: 2 });
  assert.deepEqual((await all(split, RANGE)).cells, { up: 2, of: 2 });
  await cells[1].program.stop('SIGKILL');
  await split.until('health says stale', async () => (await split.fetch('/healthz')).status === 503);
  const stale = await split.until('the items say so', async () => {
    const item = await all(split, 'window=day');
    return item.cells.up === 1 && item;
  });
  assert.equal(stale.offered, offered); // the last that was known
  const tick = await nextTick(split);
  assert.equal(tick.feed, 'down');
  const known = await all(split, RANGE);
  assert.deepEqual([known.cells, known.offered], [{ up: 1, of: 2 }, parts.front.filter((e) => e.kind === 'offered').length]);
  assert.equal((await split.fetch(`/api/v1/kpi?agent=back-3&${RANGE}`)).status, 502); // not 404: who would know is away
  assert.equal((await split.fetch(`/api/v1/kpi?agent=front-3&${RANGE}`)).status, 200);
  startCell(cells[1]);
  await split.until('it is back', async () => (await split.fetch('/healthz')).status === 200);
  await split.until('both are in', async () => (await all(split, 'window=day')).cells.up === 2);
  await untilWhole(split);
  await theSame('/api/v1/kpi?group=all&window=day');
  await theSame(`/api/v1/kpi?scope=group&${RANGE}`);
  assert.equal((await nextTick(split)).feed, 'up');
});

/** The next tick of a websocket: unfragmented text, whose frame need not be taken apart to find it. */
function nextTick(s) {
  return new Promise((done, failed) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'floorcast.json' };
    const asking = request({ host: '127.0.0.1', port: s.http, path: '/ws', headers });
    asking.on('error', failed);
    asking.on('response', (reply) => failed(new Error(`no upgrade: ${reply.statusCode}`)));
    asking.on('upgrade', (_, socket, head) => {
      let text = head.toString('latin1');
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        const tick = /\{"type":"tick"[^}]*\}/.exec(text);
        if (!tick) return;
        socket.destroy();
        done(JSON.parse(tick[0]));
      });
    });
    asking.end();
  });
}
