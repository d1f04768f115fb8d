// A recorded AMI connection replayed in time: who is waiting now, against Asterisk's own answer at each of its polls.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { data, sleep, System } from './lib/system.mjs';

const SPEED = 4;
const SLACK_US = 500_000; // between what the page shows and a poll, in the recording's time
const corpus = join(data, 'asterisk', 'short');
const polls = gunzipSync(readFileSync(join(corpus, 'truth.jsonl.gz'))).toString().trim().split('\n').map((l) => JSON.parse(l)).filter((p) => p.params);

/** What a queue's item said around a poll: the last before it, all within, the first after. */
function shown(states, poll) {
  const from = poll.t * 1e6 - SLACK_US;
  const to = poll.t_end * 1e6 + SLACK_US;
  const before = states.filter((x) => x.at_us < from).slice(-1);
  const within = states.filter((x) => x.at_us >= from && x.at_us <= to);
  const behind = states.filter((x) => x.at_us > to).slice(0, 1);
  return [...(before.length > 0 ? before : [{ waiting: 0 }]), ...within, ...behind].map((x) => x.waiting);
}

test(`waiting now is what Asterisk says at each of its ${polls.length} polls`, async () => {
  const s = await System.create({ clock: 'event' });
  try {
    await s.start();
    const collector = s.collector(`amilog:${corpus}`, ['--speed', String(SPEED), '--once']);
    const states = new Map(); // queue -> every state of its item that was seen, in order
    let looks = 0;
    const look = async () => {
      for (const item of (await s.json('/api/v1/kpi?window=now')).items.filter((i) => i.scope === 'queue')) {
        if (!states.has(item.name)) states.set(item.name, []);
        if (states.get(item.name).at(-1)?.ver !== item.ver) states.get(item.name).push(item);
      }
      looks++;
    };
    while (collector.alive()) {
      await look();
      await sleep(20);
    }
    await sleep(500);
    await look();
    assert.equal((await collector.ended).code, 0, s.logs());
    let compared = 0;
    let some = 0;
    for (const poll of polls) {
      for (const [queue, asterisk] of Object.entries(poll.params)) {
        const ours = shown(states.get(queue), poll);
        assert.ok(ours.includes(Number(asterisk.Calls)), `${queue} at ${poll.t} (${poll.why}): Asterisk says ${asterisk.Calls} waiting, shown were ${ours.join(' ')}\n${s.logs()}`);
        compared++;
        some += Number(asterisk.Calls) > 0;
      }
    }
    console.log(`${compared} values compared, ${some} of them above 0; looked ${looks} times`);
    assert.ok(compared >= 20 && some >= 4);
    await s.stop();
  } finally {
    for (const p of s.programs.values()) if (p.alive()) p.child.kill('SIGKILL');
  }
});
