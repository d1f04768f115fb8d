import assert from 'node:assert/strict';
import test from 'node:test';
import { deskEn } from '../src/i18n/desk.en';
import { deskZhCN } from '../src/i18n/desk.zh-CN';
import { Calendar } from '../src/desk/model/calendar';
import { csvText, fileName } from '../src/desk/model/csv';
import { kindOf, pathsOf, read } from '../src/desk/model/figure';
import { Live } from '../src/desk/model/live';
import { readOwner, writeOwner } from '../src/desk/model/owner';
import { ownRange, pair, presetRange, readRange, segments, shifted, stepOf, stepsFor } from '../src/desk/model/range';
import { parseRoute, searchOf, withAt } from '../src/desk/model/route';
import { makeShow } from '../src/desk/model/show';
import { matches, readOrder, sorted, turned, visible, writeOrder } from '../src/desk/model/table';
import { makeLocale } from '../src/i18n';
import type { KpiItem } from '../src/model/items';

const HOUR = 3_600_000;
const berlin = new Calendar('Europe/Berlin');
const at = (iso: string) => Date.parse(iso);

function paths(node: unknown, path = ''): string[] {
  if (typeof node === 'function') return [`${path}(${node.length})`];
  if (typeof node !== 'object' || node === null) return [path];
  return Object.entries(node).flatMap(([key, value]) => paths(value, `${path}.${key}`));
}

test('both languages of the desk have the same keys, also where the type leaves them free', () => {
  assert.deepEqual(paths(deskZhCN).sort(), paths(deskEn).sort());
});

test('an address and a view say the same, and how things are shown is kept', () => {
  const route = { view: 'queue' as const, at: { name: 'A & B/?=%', window: 'day' } };
  const search = searchOf(route, '?lang=en&theme=light&q=gone');
  assert.deepEqual(parseRoute(search.slice(1)), route);
  assert.ok(search.endsWith('lang=en&theme=light'));
  assert.equal(searchOf({ view: 'now', at: {} }, ''), '/');
  assert.deepEqual(parseRoute('?view=nonsense'), { view: 'now', at: {} });
  assert.deepEqual(withAt(route, { window: '', q: 'x' }).at, { name: 'A & B/?=%', q: 'x' });
});

test('order: numbers largest first, absent last either way, equals by name', () => {
  const rows = [{ n: 'b', v: 1 }, { n: 'a', v: 1 }, { n: 'c', v: null }, { n: 'd', v: 5 }];
  const names = (down: boolean) => sorted(rows, down, (row) => row.v, (row) => row.n).map((row) => row.n).join('');
  assert.equal(names(true), 'dabc');
  assert.equal(names(false), 'abdc');
  assert.deepEqual(sorted(['Queue 10', 'Queue 2'], false, (name) => name, (name) => name), ['Queue 2', 'Queue 10']);
  assert.deepEqual(turned({ key: 'a', down: false }, 'b', true), { key: 'b', down: true });
  assert.deepEqual(turned({ key: 'b', down: true }, 'b', true), { key: 'b', down: false });
  assert.deepEqual([readOrder('-x', 'y'), readOrder('', 'y'), writeOrder({ key: 'x', down: true })], [{ key: 'x', down: true }, { key: 'y', down: false }, '-x']);
});

test('search: every word, anywhere, whatever its case', () => {
  assert.ok(matches('SUP prem', 'Technical support (premium)'));
  assert.ok(matches('', 'x') && matches('客户', '企业客户专线') && !matches('sup x', 'support', null));
});

test('of ten thousand rows those in sight are drawn, and a few more', () => {
  assert.deepEqual(visible(0, 400, 40, 10_000), { first: 0, end: 16 });
  assert.deepEqual(visible(4_000, 400, 40, 10_000), { first: 94, end: 116 });
  assert.deepEqual(visible(4_000, 400, 40, 3), { first: 2, end: 3 });
});

test('CSV: marked as UTF-8, quoted, and nothing in it is a formula', () => {
  assert.equal(csvText([['a', 'b,"c"'], [1.5, null]]), '\ufeffa,"b,""c"""\r\n1.5,\r\n');
  for (const bad of ['=1+1', '+49', '-x', '@x', '\tx', '\rx']) assert.ok(csvText([[bad]]).slice(1).startsWith(`"'`), JSON.stringify(bad));
  assert.equal(csvText([[-5, Number.NaN]]), '\ufeff-5,\r\n'); // a number is no text
  assert.equal(fileName('A/B', '', 'c:d'), 'A-B_c-d.csv');
});

test('days of 23 and 25 hours', () => {
  const spring = at('2026-03-29T10:00Z');
  const autumn = at('2026-10-25T10:00Z');
  for (const [ms, hours] of [[spring, 23], [autumn, 25], [at('2026-06-01T10:00Z'), 24]] as const) {
    const start = berlin.startOfDay(ms);
    assert.equal((berlin.addDays(start, 1) - start) / HOUR, hours);
    assert.ok(/T00:00:00\+0[12]:00$/.test(berlin.iso(start)));
  }
  assert.equal(berlin.iso(at('2026-03-29T00:30Z')), '2026-03-29T01:30:00+01:00');
  assert.equal(new Calendar('UTC').iso(0), '1970-01-01T00:00:00Z');
  assert.equal(berlin.local(berlin.fromLocal('2026-10-25T02:30')!), '2026-10-25T02:30'); // shown twice
  assert.equal(berlin.fromLocal('2026-10-25T02:30'), at('2026-10-25T00:30Z')); // the first of both
  assert.equal(berlin.local(berlin.fromLocal('2026-03-29T02:30')!), '2026-03-29T03:30'); // left out
  const lordHowe = new Calendar('Australia/Lord_Howe'); // half an hour of summer time
  const day = lordHowe.startOfDay(at('2026-04-05T02:00Z'));
  assert.equal((lordHowe.addDays(day, 1) - day) / HOUR, 24.5);
});

test('ranges: presets are days of the zone, own bounds are checked', () => {
  const now = at('2026-03-29T10:07Z');
  assert.deepEqual(presetRange('today', now, berlin), { fromMs: at('2026-03-28T23:00Z'), toMs: at('2026-03-29T10:15Z') });
  assert.deepEqual(presetRange('yesterday', now, berlin), { fromMs: at('2026-03-27T23:00Z'), toMs: at('2026-03-28T23:00Z') });
  assert.equal(presetRange('days7', now, berlin).fromMs, at('2026-03-22T23:00Z'));
  assert.equal(presetRange('month', now, berlin).fromMs, at('2026-02-28T23:00Z'));
  const own = { fromMs: at('2026-03-01T00:00Z'), toMs: at('2026-03-02T00:00Z') };
  assert.deepEqual(readRange(ownRange(own), now, berlin), { preset: 'own', ...own });
  for (const wrong of [{ range: 'own' }, { range: 'own', from: 'x', to: 'y' }, { range: 'own', from: '2026-03-02T00:00Z', to: '2026-03-01T00:00Z' }]) {
    assert.equal(readRange(wrong, now, berlin).preset, 'today');
  }
});

test('steps: none of more points than can be read, the usual one fits a screen', () => {
  const day = { fromMs: 0, toMs: 24 * HOUR };
  assert.equal(stepOf(day, undefined), 15);
  assert.equal(stepOf(day, '60'), 60);
  assert.equal(stepOf(day, '7'), 15);
  assert.ok(!stepsFor({ fromMs: 0, toMs: 31 * 24 * HOUR }).includes(1));
  assert.deepEqual(stepsFor({ fromMs: 0, toMs: 60_000 }), [1]);
});

test('steps of days begin at midnight, also across a change of clocks', () => {
  const range = { fromMs: at('2026-03-26T23:00Z'), toMs: at('2026-03-31T22:00Z') };
  const found = segments(range, 1440, berlin);
  assert.deepEqual(found.map(({ fromMs, toMs, stepMs }) => [(toMs - fromMs) / HOUR, stepMs / HOUR]), [[48, 24], [23, 23], [48, 24]]);
  assert.equal(found[0]!.fromMs, range.fromMs);
  assert.equal(found[2]!.toMs, range.toMs);
  assert.deepEqual(segments(range, 60, berlin), [{ ...range, stepMs: HOUR }]);
});

test('the day before stands beside the same time of day', () => {
  const range = { fromMs: at('2026-03-28T23:00Z'), toMs: at('2026-03-29T22:00Z') }; // 23 hours
  assert.deepEqual(shifted(range, 1, berlin), { fromMs: at('2026-03-27T23:00Z'), toMs: at('2026-03-28T23:00Z') });
  const points = (fromMs: number, hours: number) => Array.from({ length: hours }, (_, i) => ({ from_us: (fromMs + i * HOUR) * 1000, to_us: (fromMs + (i + 1) * HOUR) * 1000, value: i }));
  const rows = pair(points(range.fromMs, 23), points(at('2026-03-27T23:00Z'), 24), 1, berlin);
  const noon = rows.find((row) => berlin.local(row.fromMs).endsWith('12:00'))!;
  assert.equal(berlin.local(noon.earlier!.from_us / 1000), '2026-03-28T12:00');
});

test('a number by its path, whatever its form', () => {
  const item = { asa_ms: 1200, service_level: { value: 0.8, n: 5, lo: 0.4, hi: 0.9 }, csat: { mean: 4.2, n: 3 }, rater: { empathy: 4, n: 7 }, left: { timeout: 2 }, complaints: { open: null } } as unknown as KpiItem;
  assert.deepEqual(read(item, 'asa_ms'), { value: 1200 });
  assert.deepEqual(read(item, 'service_level'), { value: 0.8, n: 5, lo: 0.4, hi: 0.9 });
  assert.deepEqual(read(item, 'csat'), { value: 4.2, n: 3 });
  assert.deepEqual(read(item, 'rater.empathy'), { value: 4, n: 7 });
  assert.deepEqual([read(item, 'left.timeout').value, read(item, 'left.key').value], [2, 0]);
  assert.deepEqual([read(item, 'complaints.open').value, read(item, 'nps').value, read(null, 'nps').value], [null, null, null]);
  assert.deepEqual(pathsOf({ key: 'causes', form: 'causes' }), ['causes.frontline', 'causes.process', 'causes.support']);
  assert.equal(kindOf({ form: 'time_share' }), 'percent');
});

test('numbers in words', () => {
  const show = makeShow(makeLocale('en', 'UTC'), () => 0, 'UTC');
  assert.deepEqual([show.value('percent', 0.8215), show.value('ms', 83_400), show.value('points', 4.2), show.value('score', 12), show.value('count', null)], ['82.2%', '1:23', '4.20', '+12', '–']);
  assert.deepEqual([show.change('percent', 0.8, 0.75), show.change('ms', 1_000, 61_000), show.change('count', 3, null)], ['+5 pp', '−1:00', '–']);
});

test('owners as an address writes them', () => {
  for (const text of ['', 'queue:Sales', 'group:a:b', 'agent:x y']) assert.equal(writeOwner(readOwner(text)), text);
  assert.deepEqual(readOwner('nonsense'), { scope: 'all', name: '' });
});

test('what is wanted is subscribed to, what is not is forgotten, an older answer replaces nothing', () => {
  const live = new Live(() => 0, () => undefined, () => undefined);
  const item = (name: string, at_us: number, waiting: number) => ({ topic: `queue/${name}/m15`, ver: 1, at_us, scope: 'queue', name, window: 'm15', waiting, longest_wait_since_us: null, goal: 0.8 }) as unknown as KpiItem;
  const [one, two] = [{}, {}];
  live.want(one, ['queue/a/m15']);
  live.want(two, ['queue/a/m15', 'queue/b/m15']);
  assert.deepEqual(live.topics(), ['queue/a/m15', 'queue/b/m15']);
  live.apply({ type: 'state', at_us: 5, items: [item('a', 5, 1), item('b', 5, 2), item('c', 5, 3)] });
  assert.equal(live.find('queue/c/m15'), null);
  live.put([item('a', 4, 9), item('d', 4, 4)]);
  assert.deepEqual([live.find('queue/a/m15')?.waiting, live.find('queue/d/m15')?.waiting], [1, 4]);
  live.want(two, []);
  assert.equal(live.find('queue/b/m15'), null);
  assert.equal(live.find('queue/d/m15')?.waiting, 4);
  live.put([]);
  assert.equal(live.find('queue/d/m15'), null);
  live.want(two, Array.from({ length: 5_000 }, (_, i) => `queue/${i}/m15`));
  assert.ok(live.topics().length <= 900);
});
