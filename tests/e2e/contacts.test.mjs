// Contacts one by one, through the three programs: a recorded day's abandoned callers are those that its queue_log names;
// who waits and talks now, live lists that are made while somebody wants them, and what of customers is shown. Some five seconds.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Producer } from './lib/producer.mjs';
import { websocket } from './lib/raw.mjs';
import { data, System } from './lib/system.mjs';

const QUEUE_LOG = join(data, 'asterisk', 'long', 'queue_log.txt');
const contacts = async (s, query) => (await s.json(`/api/v1/contacts?${query}`)).contacts;

/** [time in seconds, queue, seconds waited] of every ABANDON line. */
const abandons = () => readFileSync(QUEUE_LOG, 'utf8').split('\n').map((line) => line.split('|')).filter((f) => f[4] === 'ABANDON').map((f) => [Number(f[0]), f[2], Number(f[7])]);
const rounded = (list) => list.map((c) => [Math.floor(c.over_us / 1e6), c.queue, Math.round(c.wait_ms / 1000)]);
const sorted = (list) => list.map(String).sort();

test('the abandoned of a recorded day are those of its queue_log, after a restart too', async () => {
  const s = await System.create({ clock: 'event' });
  try {
    await s.start();
    assert.equal((await s.collector(`queuelog:${QUEUE_LOG}`, ['--once']).ended).code, 0, s.logs());
    const truth = abandons();
    assert.ok(truth.length > 5);
    const all = await s.until('all are stored', async () => {
      const list = await contacts(s, 'outcome=abandoned&limit=1000');
      return list.length >= truth.length && list;
    });
    assert.deepEqual(sorted(rounded(all)), sorted(truth));
    for (let i = 1; i < all.length; i++) assert.ok(all[i - 1].over_us >= all[i].over_us, 'newest first');
    for (const queue of new Set(truth.map((t) => t[1]))) assert.equal((await contacts(s, `outcome=abandoned&queue=${queue}&limit=1000`)).length, truth.filter((t) => t[1] === queue).length);
    const [newest, oldest] = [all[0], all.at(-1)];
    assert.deepEqual(await contacts(s, `outcome=abandoned&from=${oldest.over_us}&to=${newest.over_us}&limit=1000`), all.slice(1));
    assert.deepEqual(await contacts(s, 'outcome=abandoned&limit=3'), all.slice(0, 3));
    const csv = await (await fetch(`http://127.0.0.1:${s.http}/api/v1/contacts?outcome=abandoned&limit=1000`, { headers: { accept: 'text/csv' } })).text();
    assert.equal(csv.trim().split('\r\n').length, 1 + truth.length);
    const answered = await contacts(s, 'outcome=answered&limit=1000');
    const kpi = (await s.json('/api/v1/kpi?from=1700000000000000&to=1900000000000000&scope=all')).items[0];
    assert.equal(answered.length, 1000);
    const rest = await contacts(s, `outcome=answered&limit=1000&to=${answered.at(-1).over_us + 1}`);
    const talking = await contacts(s, 'outcome=talking');
    assert.equal(new Set([...answered, ...rest, ...talking].map((c) => c.contact)).size, kpi.answered);
    await s.programs.get('aggregator').stop();
    s.aggregator();
    assert.deepEqual(await s.until('the list is back', () => contacts(s, 'outcome=abandoned&limit=1000')), all);
    await s.stop();
  } finally {
    await s.kill();
  }
});

/** The latest item of a topic, as a websocket was told. */
const latest = (socket, topic) => socket.messages('state').flatMap((m) => m.items).filter((i) => i.topic === topic).at(-1);
const shown = (socket, topic) => latest(socket, topic)?.contacts.map((c) => c.contact).join();

test('who waits, who talks, who gave up and came again', async () => {
  const s = await System.create();
  try {
    writeFileSync(join(s.dir, 'wall.yaml'), 'show_customers: false\n');
    await s.start(['--config', 'wall.yaml']);
    const collector = s.collector(`zmq://127.0.0.1:${s.ingest}`, ['--plain-customers']);
    await s.until('it listens', () => /listening on/.test(collector.output()));
    const p = await Producer.connect(s.ingest);
    const t = Date.now() * 1000 - 60e6;
    const tell = async (...events) => assert.deepEqual(await p.send(events.map((e) => ({ v: 1, ...e }))), { ok: events.length });
    const offer = (contact, ts, more = {}) => ({ ts, kind: 'offered', contact, queue: 'sales', customer: '+4915112345678', topic: 'invoice', ...more });
    const seen = await websocket(s.http);
    seen.say({ op: 'subscribe', topics: ['waiting/sales', 'waiting/all', 'abandoned/sales', 'abandoned/all'] });
    await tell(offer('a', t), offer('b', t + 1e6, { queue: 'sup/port', customer: '+4915187654321' }), { ts: t + 2e6, kind: 'left', contact: 'a', queue: 'sales', reason: 'abandoned' });
    await s.until('b waits', async () => (await contacts(s, 'outcome=waiting')).map((c) => c.contact).join() === 'b');
    await s.until('the live lists', () => shown(seen, 'waiting/all') === 'b' && shown(seen, 'waiting/sales') === '' && shown(seen, 'abandoned/all') === 'a' && shown(seen, 'abandoned/sales') === 'a');
    const [lost] = await contacts(s, 'outcome=abandoned');
    assert.deepEqual([lost.contact, lost.outcome, lost.reason, lost.wait_ms, lost.topic, lost.returned_us], ['a', 'abandoned', 'abandoned', 2000, 'invoice', null]);
    assert.equal(lost.customer, '••••• 678');
    assert.deepEqual(latest(seen, 'abandoned/sales').contacts, [lost]);
    await tell(offer('c', t + 10e6), { ts: t + 11e6, kind: 'answered', contact: 'b', queue: 'sup/port', agent: 'ann' });
    await s.until('b talks, c waits', async () => (await contacts(s, 'outcome=talking&agent=ann')).map((c) => c.contact).join() === 'b' && (await contacts(s, 'outcome=waiting&queue=sales')).map((c) => c.contact).join() === 'c');
    await s.until('c is on the live lists', () => shown(seen, 'waiting/sales') === 'c' && shown(seen, 'waiting/all') === 'c');
    await s.until('a came again', async () => (await contacts(s, 'outcome=abandoned'))[0].returned_us === t + 10e6);
    await s.until('and the live list says so', () => latest(seen, 'abandoned/all').contacts[0].returned_us === t + 10e6);
    assert.equal((await s.fetch('/api/v1/contacts?outcome=waiting&from=1')).status, 400);
    assert.equal((await s.fetch('/api/v1/contacts?outcome=lost')).status, 400);
    assert.equal((await s.fetch('/api/v1/contacts?limit=1001')).status, 400);
    assert.equal((await s.fetch('/api/v1/contacts?group=none')).status, 404);
    seen.socket.destroy();
    p.close();
    await s.stop();
  } finally {
    await s.kill();
  }
});
