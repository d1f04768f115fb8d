// Channels and groups through the HTTP interface: the live item and the stored range of the same hour say the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { System } from './lib/system.mjs';

const T = 1790000000000000; // inside one day of any zone
const visits = [['sales', 'voice'], ['sales', 'chat'], ['returns', 'voice'], ['post', 'email'], ['sales', 'voice']];
const events = visits.flatMap(([queue, channel], i) => {
  const event = (s, kind, keys) => JSON.stringify({ v: 1, ts: T + (10 * i + s) * 1e6, kind, contact: `k${i}`, ...keys });
  return [event(0, 'offered', { queue, channel }), event(2, 'answered', { queue, agent: 'ann' }), event(9, 'ended', { by: 'agent' })];
});
const count = (queues, channel) => visits.filter(([q, c]) => (!queues || queues.includes(q)) && (!channel || c === channel)).length;
const range = `from=${T - (T % 6e7)}&to=${T + 3600e6}`;
let s;

before(async () => {
  s = await System.create({ clock: 'event' });
  s.config = join(s.dir, 'floor.yaml');
  writeFileSync(s.config, 'groups:\n  - name: front\n    queues: [sales, returns]\n');
  writeFileSync(join(s.dir, 'visits.ndjson'), events.join('\n') + '\n');
  await s.start();
  assert.equal((await s.collector(`ndjson:${join(s.dir, 'visits.ndjson')}`, ['--once']).ended).code, 0, s.logs());
  const offered = async (when) => (await s.json(`/api/v1/kpi?group=all&${when}`)).items[0].offered;
  await s.until('all is live', async () => (await offered('window=day')) === visits.length);
  await s.until('all is stored', async () => (await offered(range)) === visits.length);
});
after(async () => {
  try {
    await s?.stop();
  } finally {
    await s?.kill();
  }
});

/** The items that a filter gives, live and stored, as "scope/name/channel offered". */
async function both(filter) {
  const answers = [];
  for (const when of ['window=day', range]) {
    const { items } = await s.json(`/api/v1/kpi?${filter}&${when}`);
    answers.push(items.map((i) => `${i.scope}/${i.name}/${i.channel} ${i.offered}`));
  }
  assert.deepEqual(answers[0], answers[1], `${filter}: live and stored`);
  return answers[0];
}

async function refused(filter, status) {
  for (const when of ['window=day', range]) assert.equal((await s.fetch(`/api/v1/kpi?${filter}&${when}`)).status, status, `${filter}&${when}`);
}

test('a queue with two channels answers by each, and for both together', async () => {
  assert.deepEqual(await both('queue=sales'), ['queue/sales/all 3']);
  assert.deepEqual(await both('queue=sales&channel=voice'), ['queue/sales/voice 2']);
  assert.deepEqual(await both('queue=sales&channel=chat'), ['queue/sales/chat 1']);
  const [item] = (await s.json('/api/v1/kpi?queue=sales')).items;
  assert.deepEqual(item.channels, ['voice', 'chat']);
});

test('a queue with one channel answers by it and by no other', async () => {
  assert.deepEqual(await both('queue=returns&channel=voice'), ['queue/returns/voice 1']);
  await refused('queue=returns&channel=chat', 404);
});

test('a group is its queues, by channel too', async () => {
  assert.deepEqual(await both('group=front'), [`group/front/all ${count(['sales', 'returns'])}`]);
  assert.deepEqual(await both('group=front&channel=voice'), [`group/front/voice ${count(['sales', 'returns'], 'voice')}`]);
  assert.deepEqual(await both('scope=group'), [`group/front/all ${count(['sales', 'returns'])}`]);
  await refused('group=front&channel=email', 404);
  await refused('group=nobody', 404);
});

test('every one of a scope, by channel', async () => {
  assert.deepEqual(await both('scope=queue&channel=voice'), ['queue/returns/voice 1', 'queue/sales/voice 2']);
  assert.deepEqual(await both('scope=all&channel=email'), ['all/all/email 1']);
  assert.deepEqual(await both('channel=chat'), ['queue/sales/chat 1', 'all/all/chat 1']);
  const [agent] = (await s.json('/api/v1/kpi?agent=ann')).items;
  assert.equal(agent.answered, visits.length);
  await refused('agent=ann&channel=voice', 400);
});

test('history by group and channel, and tables', async () => {
  const { points } = await s.json(`/api/v1/history?group=front&channel=voice&kpi=offered&${range}`);
  assert.deepEqual(points.map((p) => p.value), [count(['sales', 'returns'], 'voice')]);
  const table = await (await fetch(`http://127.0.0.1:${s.http}/api/v1/kpi?group=front&channel=voice&${range}`, { headers: { accept: 'text/csv' } })).text();
  assert.match(table, /^\uFEFF?scope,name,channel,channels,/);
  assert.match(table, /\r\ngroup,front,voice,voice,range,/);
});
