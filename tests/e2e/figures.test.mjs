// Two published call centres through the three real programs, against figures reckoned from their tables themselves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { data, System } from './lib/system.mjs';

const corpora = [
  { name: 'pwc', events: 'pwc/pwc.ndjson.gz', expected: 'pwc/pwc.expected.json' },
  { name: 'bank1999', events: 'bank1999/bank-january.ndjson.gz', expected: 'bank1999/bank-january.expected.json' },
];

// How a figure is taken out of an item, and how far it may be off.
const exact = (ours, theirs) => ours === theirs;
const within = (most) => (ours, theirs) => (theirs === null ? ours === null : ours !== null && Math.abs(ours - theirs) <= most);
const percent = (ours, theirs) => within(Math.abs(theirs) / 100)(ours, theirs);
const ratio = (kpi, of = kpi) =>
  ['value', 'n', 'lo', 'hi'].map((part) => ({
    kpi: `${of}.${part}`,
    ours: (item) => item[of]?.[part],
    theirs: (want) => want[kpi]?.[part] ?? null, // an empty one tells no bounds
    same: part === 'n' ? exact : within(1e-9),
  }));
const plain = (kpi, same) => ({ kpi, ours: (item) => item[kpi], theirs: (want) => want[kpi], same });

const groups = {
  'counts, waits and talks': [
    ...['offered', 'answered', 'abandoned', 'short_abandoned', 'flow_out'].map((kpi) => plain(kpi, exact)),
    ...['asa_ms', 'wait_max_ms', 'talk_ms'].map((kpi) => plain(kpi, within(1))),
    ...['wait_p50_ms', 'wait_p90_ms', 'wait_p95_ms', 'wait_p99_ms'].map((kpi) => plain(kpi, percent)),
  ],
  'service level and abandonment': [...ratio('service_level'), ...ratio('abandon_rate')],
  'satisfaction and resolution': [
    { kpi: 'csat.mean', ours: (item) => item.csat?.mean, theirs: (want) => want.csat.mean, same: within(1e-9) },
    { kpi: 'csat.n', ours: (item) => item.csat?.n, theirs: (want) => want.csat.n, same: exact },
    { kpi: 'resolved.yes', ours: (item) => item.resolved?.yes, theirs: (want) => want.resolved, same: exact },
  ],
  'first-contact resolution and journey': [...ratio('fcr', 'fcr_provisional'), plain('journey_ms', within(1))],
};
const ofAgents = [plain('answered', exact), plain('talk_ms', within(1))];

const table = [];
const shown = ['offered', 'answered', 'abandoned', 'service_level.value', 'abandon_rate.value', 'asa_ms', 'wait_p90_ms', 'talk_ms', 'csat.mean', 'resolved.yes', 'fcr_provisional.value', 'fcr_provisional.n', 'journey_ms'];
const short = (v) => (v === null ? '-' : v === undefined ? 'none' : Number.isInteger(v) ? String(v) : v.toFixed(4));
after(() => {
  for (const { corpus, owner, cells } of table) {
    const pairs = shown.filter((kpi) => cells.has(kpi)).map((kpi) => `${kpi} ${short(cells.get(kpi)[0])}/${short(cells.get(kpi)[1])}`);
    console.log(`${corpus} ${owner}: ${pairs.join('  ')}`);
  }
  if (table.length > 0) console.log('(ours/reckoned from the table)');
});

/** Compares what `rows` say of an item; the sentences about what differs. */
function differences(corpus, owner, item, want, rows) {
  let line = table.find((l) => l.corpus === corpus && l.owner === owner);
  if (!line) table.push((line = { corpus, owner, cells: new Map() }));
  const wrong = [];
  for (const { kpi, ours, theirs, same } of rows) {
    const [a, b] = [item ? ours(item) : undefined, theirs(want)];
    line.cells.set(kpi, [a, b]);
    if (a === undefined || !same(a, b)) wrong.push(`${owner} ${kpi}: ${short(a)}, expected ${short(b)}`);
  }
  return wrong;
}

/** Replays a file to its end and hands out how to ask about all of it: everything is in the stored intervals then. */
async function replay(file) {
  const events = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const [from, to] = [JSON.parse(events[0]).ts, JSON.parse(events.at(-1)).ts + 1];
  const s = await System.create({ clock: 'event' });
  try {
    await s.start();
    const { code } = await s.collector(`ndjson:${file}`, ['--once']).ended;
    assert.equal(code, 0, s.logs());
    const applied = async () => (await s.json('/healthz')).aggregator.metrics.engine_events >= events.length;
    await s.until('every event is applied', applied, 120);
    // A stop stores what is not stored yet; so nothing here hangs on how long a checkpoint takes.
    assert.equal((await s.programs.get('aggregator').stop()).code, 0, s.logs());
    s.aggregator();
    await s.until('the aggregator is back', async () => (await s.fetch(`/api/v1/kpi?group=all&from=${from}&to=${to}`)).status === 200);
    return { s, from, to, ask: async (filter) => (await s.json(`/api/v1/kpi?${filter}&from=${from}&to=${to}`)).items };
  } catch (error) {
    await s.kill();
    throw error;
  }
}

for (const corpus of corpora) {
  describe(corpus.name, () => {
    const expected = JSON.parse(readFileSync(join(data, corpus.expected), 'utf8'));
    const owners = Object.keys(expected).filter((name) => name !== 'agents');
    const items = new Map(), agents = new Map();
    let run;
    before(async () => {
      run = await replay(join(data, corpus.events));
      for (const item of await run.ask('scope=queue')) items.set(item.name, item);
      items.set('all', (await run.ask('scope=all'))[0]);
      for (const item of await run.ask('scope=agent')) agents.set(item.name, item);
    });
    after(async () => {
      try {
        await run?.s.stop();
      } finally {
        await run?.s.kill();
      }
    });

    for (const [what, rows] of Object.entries(groups)) {
      test(`${what}, by queue and over all`, () => {
        assert.deepEqual([...items.keys()].sort(), [...owners].sort());
        assert.deepEqual(owners.flatMap((name) => differences(corpus.name, name, items.get(name), expected[name], rows)), []);
      });
    }

    test('answered and talk time of every agent', () => {
      const wrong = Object.entries(expected.agents).flatMap(([name, want]) => differences(corpus.name, `agent ${name}`, agents.get(name), want, ofAgents));
      assert.deepEqual(wrong, []);
      assert.deepEqual([...agents.keys()].filter((name) => !expected.agents[name] && agents.get(name).answered > 0), []);
    });

    test('days, quarters and minutes add up to the whole', async () => {
      for (const step of [86400, 3600 * 7, 900 * 5].map((seconds) => seconds * 1e6)) {
        const parts = await run.ask(`scope=all&step_us=${step}`);
        for (const kpi of ['offered', 'answered', 'abandoned', 'short_abandoned'])
          assert.equal(parts.reduce((sum, item) => sum + item[kpi], 0), expected.all[kpi], `${kpi} in steps of ${step / 1e6} s`);
      }
      const middle = Math.floor((run.from + run.to) / 2 / 6e7) * 6e7;
      const [a] = (await run.s.json(`/api/v1/kpi?scope=all&from=${run.from}&to=${middle}`)).items;
      const [b] = (await run.s.json(`/api/v1/kpi?scope=all&from=${middle}&to=${run.to}`)).items;
      assert.equal(a.answered + b.answered, expected.all.answered);
      assert.equal(Math.max(a.wait_max_ms, b.wait_max_ms), expected.all.wait_max_ms);
    });

    if (corpus.name === 'pwc') {
      test('the published figures: 5,000 calls, 4,054 answered, 67.52 s, 3.40, 3,646 resolved', () => {
        const all = items.get('all');
        const figures = [all.offered, all.answered, (all.asa_ms / 1000).toFixed(2), all.csat?.mean?.toFixed(2), all.resolved?.yes];
        assert.deepEqual(figures, [5000, 4054, '67.52', '3.40', 3646]);
      });
    }
  });
}
