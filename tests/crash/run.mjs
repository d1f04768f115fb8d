// Crash runs by hand: FC_BIN=build node tests/crash/run.mjs --kills 500 --events 400000 --sources 3 --seed 7
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Crash, sanitized } from './harness.mjs';
import { spoilt } from './spoil.mjs';

const options = { kills: { type: 'string', default: '30' }, events: { type: 'string', default: '200000' }, sources: { type: 'string', default: '1' }, collectors: { type: 'string', default: '1' }, seed: { type: 'string', default: String(Date.now() % 1e6) } };
const { values } = parseArgs({ options });
const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]));
const log = (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
log(Object.entries(given).map(([key, value]) => `--${key} ${value}`).join(' ') + (sanitized ? ' (sanitized)' : ''));

const crash = await Crash.create({ ...given, log });
try {
  await crash.storm(given.kills);
  log(`${crash.killed} kills: ${Object.entries(crash.kills).sort().map(([what, n]) => `${what} ${n}`).join(', ')}`);
  const accepted = crash.accepted();
  log(`${accepted.length} events accepted; comparing with the oracle`);
  const expected = await crash.expected(spoilt(accepted, process.env.FC_CRASH_SPOIL, given.seed));
  const wrong = await crash.settle(expected);
  if (wrong.length === 0) {
    log(`${expected.items.length} items are as expected; all three killed once more, at rest`);
    for (const victim of crash.victims) await crash.kill(victim, 'at rest');
    for (const victim of crash.victims) victim.start();
    wrong.push(...(await crash.settle(expected)));
  }
  await crash.stop();
  wrong.push(...(await crash.numbers()), ...crash.errors());
  for (const sentence of wrong) log(sentence);
  log(wrong.length === 0 ? 'passed: nothing lost, nothing twice' : `FAILED; everything is in ${crash.s.dir}`);
  if (wrong.length === 0) rmSync(crash.s.dir, { recursive: true, force: true });
  process.exitCode = wrong.length === 0 ? 0 : 1;
} catch (error) {
  log(`FAILED: ${error.stack}\neverything is in ${crash.s.dir}`);
  process.exitCode = 1;
} finally {
  crash.kill9();
}
