// soak -- the three programs for hours, or thirty simulated days as fast as they go: does anything grow that should not?
// Samples memory, descriptors and file sizes of every program, and the heap of a page that is open all the while; ends with
// a table and a verdict. `--help` says more. Run by hand: FC_BIN=build node tests/soak/soak.mjs --minutes 120
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, sleep, System } from '../e2e/lib/system.mjs';
import { openBrowser, openPage, whyNoBrowser } from '../e2e/page-lib/browser.mjs';
import { pageBytes } from '../e2e/page-lib/heap.mjs';
import { sampleSystem } from './sample.mjs';
import { judge, printTable } from './verdict.mjs';

const USAGE = `usage: node tests/soak/soak.mjs [OPTION..]
  --minutes N      wall time to run for, beside a live simulated floor (default 120)
  --days N         instead: N simulated days (of the preset "small", by day and night) as fast as they go, and no page
  --pace F         how much busier than usual the floor is (default 3)
  --preset NAME    which floor (default large)
  --seed N         of the floor (default 1)
  --every SECONDS  between samples (default: one sixtieth of the run)
  --out FILE       all samples as JSON
FC_BIN: the directory of the programs (default build). Exit code: 0 flat, 1 something grew or broke, 2 wrong usage.`;

function settings() {
  try {
    const { values } = parseArgs({
      options: { minutes: { type: 'string', default: '120' }, days: { type: 'string' }, pace: { type: 'string', default: '3' }, preset: { type: 'string' }, seed: { type: 'string', default: '1' }, every: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    for (const name of ['minutes', 'days', 'pace', 'seed', 'every']) {
      if (values[name] !== undefined && !(Number(values[name]) > 0)) throw new Error(`--${name} is '${values[name]}', expected a number above 0`);
    }
    return values;
  } catch (error) {
    console.error(`soak: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

// What is kept for a time fills up for that long. These times are short, so that all of it is full, and must stay as it is,
// soon after the start.
const FLOOR = 'zone: UTC\nlate_s: 600\nfcr: {window_h: 1}\nretention: {minutes_days: 1, quarters_days: 2}\n';
const FLOOR_DAYS = 'zone: UTC\nlate_s: 3600\nfcr: {window_h: 48}\nretention: {minutes_days: 2, quarters_days: 8}\n';

const FILLED_H = 50;

/** Two days and more that are over: what is kept for a time is full before the clock on the wall takes over. */
async function fill(s, o) {
  const startUs = (Date.now() - FILLED_H * 3600_000) * 1000;
  await finished(s.run('sim', ['--ndjson', 'past.ndjson', '--preset', o.preset ?? 'large', '--src', 'past', '--speed', '0', '--start', String(startUs), '--duration', String(FILLED_H * 3600), '--seed', o.seed]));
  s.clock = 'event';
  const aggregator = s.aggregator();
  await finished(s.collector('ndjson:past.ndjson', ['--once']));
  await aggregator.stop();
  s.clock = 'wall';
  rmSync(join(s.dir, 'past.ndjson'));
}

async function finished(program) {
  const { code } = await program.ended;
  if (code !== 0) throw new Error(`${program.name} ended with ${code}\n${program.output()}`);
}

function liveFloor(s, o) {
  s.run('sim', ['--to', s.tcp(s.ingest), '--preset', o.preset ?? 'large', '--pace', o.pace, '--history', '600', '--seed', o.seed]);
}

const SIMULATED_START_US = Date.UTC(2026, 0, 5) * 1000;

function fastFloor(s, o) {
  s.run('sim', ['--to', s.tcp(s.ingest), '--preset', o.preset ?? 'small', '--profile', 'day', '--speed', '0', '--start', String(SIMULATED_START_US), '--duration', String(Number(o.days) * 86400), '--seed', o.seed]);
}

/** Samples until the run is over; a sample's `at` is in minutes of wall time, or in simulated days. */
async function soak(s, o, opened) {
  const samples = [];
  const begin = Date.now();
  const length = o.days ? Number(o.days) : Number(o.minutes);
  let next = 0;
  for (;;) {
    const at = o.days ? await daysDone(s) : (Date.now() - begin) / 60_000;
    const over = o.days ? !s.programs.get('sim').alive() : at >= length;
    if (at >= next || over) {
      samples.push({ at, ...(await sampleSystem(s)), ...(opened ? { page: await pageBytes(opened) } : {}) });
      next = at + (o.every ? Number(o.every) / (o.days ? 86400 : 60) : length / 60);
    }
    if (over) return samples;
    await sleep(o.days ? 100 : 1000);
  }
}

async function daysDone(s) {
  const reply = await s.fetch('/api/v1/kpi?group=all&window=day');
  return reply.status === 200 ? ((await reply.json()).at_us - SIMULATED_START_US) / 86_400e6 : 0;
}

const o = settings();
const s = await System.create({ clock: o.days ? 'event' : 'wall', config: 'floor.yaml' });
writeFileSync(join(s.dir, 'floor.yaml'), o.days ? FLOOR_DAYS : FLOOR);
let browser;
try {
  if (!o.days) await fill(s, o);
  await s.start(['--web', join(bin, 'web')]);
  s.collector(`zmq://127.0.0.1:${s.ingest}`);
  let opened = null;
  if (o.days) {
    fastFloor(s, o);
  } else {
    liveFloor(s, o);
    if (whyNoBrowser()) console.log(`no page: ${whyNoBrowser()}`);
    else {
      browser = await openBrowser();
      opened = await openPage(browser, `http://127.0.0.1:${s.http}/d/floor?lang=zh`);
      await opened.page.waitForSelector('.tile .main', { timeout: 60_000 });
    }
  }
  const samples = await soak(s, o, opened);
  if (o.days) await finished(s.programs.get('sim'));
  if (opened && opened.complaints.length) throw new Error(`the page complained: ${opened.complaints.slice(0, 5).join('; ')}`);
  if (o.out) writeFileSync(o.out, JSON.stringify(samples, null, 1));
  printTable(samples, o.days ? 'day' : 'minute');
  const grown = judge(samples);
  for (const line of grown) console.log(line);
  console.log(grown.length ? 'NOT FLAT' : 'flat');
  await browser?.close();
  await s.stop();
  process.exitCode = grown.length ? 1 : 0;
} catch (error) {
  console.error(error);
  console.error(s.logs());
  await browser?.close();
  await s.kill();
  process.exitCode = 1;
}
