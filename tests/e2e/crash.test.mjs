// The three programs under a seeded load, killed with -9 again and again: what was acknowledged is counted, once. tests/crash tells how.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rmSync } from 'node:fs';
import { Crash, sanitized } from '../crash/harness.mjs';
import { spoilt } from '../crash/spoil.mjs';

const seed = Number(process.env.FC_SEED ?? 20260511);
console.log(`seed: FC_SEED=${seed}`);
const size = sanitized ? { kills: 5, events: 8000 } : { kills: 15, events: 100000 };

async function crashed(options, check) {
  const crash = await Crash.create({ seed, ...size, ...options });
  try {
    await crash.storm(size.kills);
    assert.ok(crash.accepted().length >= size.events);
    await check(crash);
    await crash.stop();
    assert.deepEqual(await crash.numbers(), []);
    assert.deepEqual(crash.errors(), []);
    rmSync(crash.s.dir, { recursive: true });
  } catch (error) {
    error.message += `\n${JSON.stringify(crash.kills)}; all that was there is in ${crash.s.dir}`;
    throw error;
  } finally {
    crash.kill9();
  }
}

test('one source', async () => {
  await crashed({ sources: 1 }, async (crash) => {
    for (const victim of crash.victims) await crash.kill(victim, 'at rest');
    for (const victim of crash.victims) victim.start();
    assert.deepEqual(await crash.settle(await crash.expected(crash.accepted())), []);
    // That nothing differs says something only because one event more or less would.
    for (const how of ['drop', 'twice']) {
      const wrong = await crash.differences(await crash.expected(spoilt(crash.accepted(), how, seed)), 1);
      assert.match(wrong[0] ?? 'nothing differs', / is .*, expected /, how);
    }
  });
});

test('three sources at two collectors, two endpoints', async () => {
  await crashed({ seed: seed + 1, sources: 3, collectors: 2 }, async (crash) => {
    assert.deepEqual(await crash.settle(await crash.expected(crash.accepted())), []);
  });
});
