// Recorded days of a real Asterisk through the three real programs, against what Asterisk's own log says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { data, System } from './lib/system.mjs';

const UNBROKEN = ['short', 'long', 'v16'];
const BROKEN = ['reconnect', 'restart', 'crash'];
const RANGE = 'from=1700000000000000&to=1900000000000000'; // wider than all recordings
const rows = [];
after(() => {
  console.log('corpus     source    queue      offered    answered   lost       abandoned  unknown    rna        (ours/Asterisk)');
  for (const r of rows) console.log([r.corpus.padEnd(10), r.source.padEnd(9), r.name.padEnd(10), ...r.pairs.map((p) => p.padEnd(10))].join(' '));
});

const truthOf = (corpus) => JSON.parse(readFileSync(join(data, 'asterisk', corpus, 'summary.json'), 'utf8')).queue_log;
const lostOf = (item) => ['abandoned', 'timeout', 'empty', 'withdrawn', 'unknown'].reduce((n, reason) => n + (item.left[reason] ?? 0), 0);
const lostTruth = (q) => q.abandoned + q.exit_timeout + q.exit_empty + q.withdraw;
const millis = (stats) => (stats.n > 0 ? Math.round((stats.sum * 1000) / stats.n) : null);

/** Runs a finite source to its end and gives {items by name, agents by name, sources}. */
async function replay(source) {
  const s = await System.create({ clock: 'event' });
  try {
    await s.start();
    const { code } = await s.collector(source, ['--once']).ended;
    assert.equal(code, 0, s.logs());
    // Live state first: it knows when everything has been applied; then the stored intervals follow within a checkpoint.
    const live = await s.until('the floor is there', async () => (await s.json('/api/v1/kpi?window=now')).items.find((i) => i.scope === 'all'));
    const events = Number(/taken=(\d+)/.exec(s.programs.get('collector').output())?.[1]);
    await s.until('every event is applied', async () => (await s.json('/healthz')).aggregator.metrics.engine_events >= events);
    const items = await s.until('the intervals are stored', async () => {
      const all = (await s.json(`/api/v1/kpi?${RANGE}`)).items;
      const health = (await s.json('/healthz')).aggregator.metrics;
      return health.writer_checkpoints === health.engine_checkpoints && health.engine_checkpoints > 0 && all.length > 0 && all;
    });
    await new Promise((done) => setTimeout(done, 1200)); // one more checkpoint's time, then read what counts
    const final = (await s.json(`/api/v1/kpi?${RANGE}`)).items;
    const agents = (await s.json(`/api/v1/kpi?${RANGE}&scope=agent`)).items;
    const sources = (await s.json('/api/v1/sources')).sources;
    const waiting = (await s.json('/api/v1/kpi?window=now')).items;
    assert.ok(live && items);
    await s.stop();
    return { queues: new Map(final.filter((i) => i.scope === 'queue').map((i) => [i.name, i])), agents: new Map(agents.map((a) => [a.name, a])), sources, waiting };
  } finally {
    await s.kill();
  }
}

function note(corpus, source, name, item, q) {
  const pair = (ours, theirs) => `${ours}/${theirs}`;
  rows.push({ corpus, source, name, pairs: [pair(item.offered, q.offered), pair(item.answered, q.answered), pair(lostOf(item), lostTruth(q)), pair(item.abandoned, q.abandoned), pair(item.left.unknown ?? 0, 0), pair(item.missed, q.ring_no_answer)] });
}

function expectSplit(item, q) {
  assert.equal(item.abandoned, q.abandoned);
  assert.equal(item.left.timeout ?? 0, q.exit_timeout);
  assert.equal(item.left.empty ?? 0, q.exit_empty);
  assert.equal(item.left.withdrawn ?? 0, q.withdraw);
  assert.equal(item.left.key ?? 0, q.exit_key);
}

for (const corpus of [...UNBROKEN, ...BROKEN]) {
  test(`queuelog: ${corpus} gives Asterisk's figures exactly`, async () => {
    const truth = truthOf(corpus);
    const { queues, agents, waiting } = await replay(`queuelog:${join(data, 'asterisk', corpus, 'queue_log.txt')}`);
    for (const [name, q] of Object.entries(truth.queues)) {
      const item = queues.get(name);
      note(corpus, 'queuelog', name, item, q);
      assert.equal(item.offered, q.offered);
      assert.equal(item.answered, q.answered);
      expectSplit(item, q);
      assert.equal(item.missed, q.ring_no_answer);
      assert.equal(item.asa_ms, millis(q.wait_answered), `${name}: mean wait`);
      assert.equal(item.talk_ms, millis(q.talk), `${name}: mean talk`);
      assert.equal(item.transferred, q.blind_transfer + q.attended_transfer);
      assert.equal(item.left.unknown ?? 0, q.cut_waiting, `${name}: cut off while waiting`);
    }
    for (const item of waiting) assert.equal(item.waiting, 0, `${item.name}: nobody waits for ever`);
    for (const [name, a] of Object.entries(truth.agents)) {
      const item = agents.get(name);
      if (a.answered === 0 && !a.rna) continue; // nothing that an interval would hold
      assert.ok(item, `agent ${name} is missing`);
      assert.equal(item.answered, a.answered, `${name}: answered`);
      assert.equal(item.missed, a.rna ?? 0, `${name}: ring-no-answer`);
      assert.equal(item.transferred, a.transfers, `${name}: transfers`);
      if (corpus !== 'crash' && a.answered > 0) assert.equal(item.talk_ms, Math.round((a.talk * 1000) / a.answered), `${name}: mean talk`); // there, talks have no end
    }
  });
}

for (const corpus of UNBROKEN) {
  test(`amilog: ${corpus} gives Asterisk's figures exactly`, async () => {
    const truth = truthOf(corpus);
    const { queues, sources, waiting } = await replay(`amilog:${join(data, 'asterisk', corpus)}`);
    for (const [name, q] of Object.entries(truth.queues)) {
      const item = queues.get(name);
      note(corpus, 'amilog', name, item, q);
      assert.equal(item.offered, q.offered);
      assert.equal(item.answered, q.answered);
      assert.equal(lostOf(item), lostTruth(q));
      assert.equal(item.missed, q.ring_no_answer);
      expectSplit(item, q); // these streams tell it all
      assert.ok(Math.abs(item.asa_ms - millis(q.wait_answered)) < 1000, `${name}: mean wait within Asterisk's whole seconds`);
      assert.ok(Math.abs(item.talk_ms - millis(q.talk)) < 1000, `${name}: mean talk within Asterisk's whole seconds`);
    }
    assert.equal(sources.length, 1);
    assert.equal(sources[0].gaps, 0);
    for (const item of waiting) assert.equal(item.waiting, 0, `${item.name}: nobody waits for ever`);
  });
}

for (const corpus of BROKEN) {
  test(`amilog: ${corpus} counts nothing twice and says what it could not see`, async () => {
    const truth = truthOf(corpus);
    const { queues, sources, waiting } = await replay(`amilog:${join(data, 'asterisk', corpus)}`);
    for (const [name, q] of Object.entries(truth.queues)) {
      const item = queues.get(name);
      note(corpus, 'amilog', name, item, q);
      assert.ok(item.offered <= q.offered && item.answered <= q.answered && item.missed <= q.ring_no_answer);
      assert.ok(item.abandoned <= q.abandoned && (item.left.timeout ?? 0) <= q.exit_timeout);
      const left = Object.values(item.left).reduce((a, b) => a + b, 0);
      assert.equal(item.offered, item.answered + left, `${name}: everybody offered was answered or left`);
    }
    assert.equal(sources.length, 1);
    assert.equal(sources[0].gaps, corpus === 'reconnect' ? 2 : 1, 'every cut is reported as a gap');
    for (const item of waiting) {
      assert.equal(item.waiting, 0, `${item.name}: nobody waits for ever`);
      assert.equal(item.agents.busy + item.agents.hold, 0, `${item.name}: nobody talks for ever`);
    }
  });
}
