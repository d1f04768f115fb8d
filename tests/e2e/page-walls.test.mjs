// A display on walls and phones: it fills what there is, and whatever is on it can be read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { misfits, onPage, settled, skip, tiles } from './page-lib/on-page.mjs';

const WALLS = [[1920, 1080], [1366, 768], [3840, 2160]];
const PHONE = [390, 844];

describe('the floor board, by size', { skip }, () => {
  for (const queues of [1, 3, 12, 24]) {
    it(`fills any wall with ${queues} queues: nothing scrolls, nothing is cut, digits are large`, async () => {
      await onPage({ server: { queues, idleQueues: 0, load: 1.3 } }, async ({ page }) => {
        await tiles(page);
        for (const [width, height] of WALLS) {
          await page.setViewportSize({ width, height });
          await settled(page);
          const seen = await page.evaluate(() => ({
            wide: document.documentElement.scrollWidth,
            high: document.documentElement.scrollHeight,
            cards: document.querySelectorAll('.card').length,
            cut: [...document.querySelectorAll('.card, .agent-grid')].filter((box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1).length,
            digits: Math.min(...[...document.querySelectorAll('.main')].map((main) => parseFloat(getComputedStyle(main).fontSize))),
          }));
          assert.deepEqual([seen.wide, seen.high, seen.cards, seen.cut], [width, height, queues, 0]);
          assert.ok(seen.digits >= height / 25, `${seen.digits} px of ${height}`);
          assert.deepEqual(await misfits(page), []);
        }
      });
    });
  }

  it('scrolls down, not sideways, on a phone', async () => {
    await onPage({ width: 390, height: 844 }, async ({ page }) => {
      await tiles(page);
      const [wide, high] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
      assert.equal(wide, 390);
      assert.ok(high > 844);
      assert.equal(await page.locator('.agent').count(), 40);
      assert.deepEqual(await misfits(page), []);
    });
  });
});

const at = (x, y, w, h, tile) => ({ id: `${tile.kind}-${x}-${y}`, x, y, w, h, ...tile });
const EVERYTHING = {
  id: 'everything',
  title: { en: 'Every kind of tile', 'zh-CN': '各种图块' },
  columns: 12,
  rows: 12,
  tiles: [
    at(0, 0, 2, 2, { kind: 'number', kpi: 'waiting', warning: 5, alert: 50 }),
    at(2, 0, 2, 2, { kind: 'number', kpi: 'fcr_provisional', window: 'day', warning: 0.9, alert: 0.8 }),
    at(4, 0, 3, 2, { kind: 'goal', kpi: 'service_level', window: 'm15' }),
    at(7, 0, 2, 2, { kind: 'gauge', kpi: 'abandon_rate', window: 'm15', warning: 0.05, alert: 0.1 }),
    at(9, 0, 3, 2, { kind: 'number', kpi: 'agents' }),
    at(0, 2, 5, 4, { kind: 'queues', window: 'm15', sort: 'waiting' }),
    at(5, 2, 4, 4, { kind: 'trend', kpi: 'service_level', more: ['offered'], window: 'm15', goal: 0.8 }),
    at(9, 2, 3, 4, { kind: 'agents' }),
    at(0, 6, 3, 3, { kind: 'abandoned' }),
    at(3, 6, 3, 3, { kind: 'top', kpi: 'offered', of: 'queue', window: 'day' }),
    at(6, 6, 3, 3, { kind: 'causes', window: 'day' }),
    at(9, 6, 3, 3, { kind: 'rater', window: 'day' }),
    at(0, 9, 3, 3, { kind: 'text', text: { en: 'Team meeting at 14:00 in the large room. Please finish your wrap-up before.', 'zh-CN': '14:00 在大会议室开会，请提前完成话后处理。' } }),
    at(3, 9, 3, 3, { kind: 'clock', zone: 'Asia/Shanghai' }),
    at(6, 9, 3, 3, { kind: 'alerts' }),
    at(9, 9, 3, 3, { kind: 'number', kpi: 'longest_wait_since_us', scope: 'queue', name: 'nobody knows this queue' }),
  ],
};

const HUGE_NAME = 'Sehr langer Warteschlangenname ohne jedes Ende 企业客户专线华东与华南地区';
const alert = (id, level, title) => ({ id, rule: id, title, scope: 'queue', name: 'Sales', kpi: 'service_level', window: 'm15', op: 'below', limit: 0.7, value: 0.512, level, state: 'firing', since_us: 1e15, acked_by: null });

// States of the floor that every kind of tile must stand: each changes what items say.
const STATES = {
  normal: (item) => item,
  empty: (item) => {
    if ('alerts' in item) return { alerts: [] };
    if ('contacts' in item) return { contacts: [] };
    if ('agents' in item && Array.isArray(item.agents)) return { agents: [] };
    if ('queues' in item) return { queues: [] };
    const none = (value) => (typeof value !== 'object' || value === null ? value : Object.fromEntries(Object.keys(value).map((key) => [key, key === 'n' ? 0 : null])));
    return { ...Object.fromEntries(Object.entries(item).map(([key, value]) => [key, none(value)])), waiting: 0, longest_wait_since_us: null, agents: {} };
  },
  huge: (item) => {
    if ('alerts' in item) return { alerts: [alert('a', 'alert', HUGE_NAME), ...Array.from({ length: 80 }, (_, i) => alert(`w${i}`, 'warning', ''))] };
    if ('contacts' in item) return { contacts: item.contacts.map((contact) => ({ ...contact, queue: HUGE_NAME, wait_ms: 1e9 })) };
    if ('agents' in item && Array.isArray(item.agents)) return { agents: item.agents.map((agent) => ({ ...agent, label: HUGE_NAME, since_us: 1e15 })) };
    if ('queues' in item) return { queues: [...item.queues, HUGE_NAME] };
    if (!('waiting' in item)) return item;
    const share = { value: 0.98765, n: 123_456_789, lo: 0.981, hi: 0.999 };
    return { ...item, waiting: 1_234_567, longest_wait_since_us: 1e15, offered: 123_456_789, service_level: share, abandon_rate: share, fcr_provisional: share, agents: Object.fromEntries(Object.keys(item.agents).map((state) => [state, 98_765])), causes: { frontline: 999_999, process: 1, support: 999_999 } };
  },
  alerting: (item) => {
    if ('alerts' in item) return { alerts: [alert('a', 'alert', 'Service level Sales'), alert('b', 'warning', '')] };
    if (!('waiting' in item)) return item;
    const low = { value: 0.1, n: 200, lo: 0.05, hi: 0.2 };
    return { ...item, waiting: 77, longest_wait_since_us: (Date.now() - 3_700_000) * 1000, service_level: low, fcr_provisional: low, abandon_rate: { ...low, value: 0.4 } };
  },
};

describe('every kind of tile', { skip }, () => {
  it('is whole on any screen, in either language and theme, with no data, too much of it and alerts', async () => {
    await onPage({ path: '/d/everything?lang=en' }, async ({ page, server }) => {
      const item = server.floor.item.bind(server.floor);
      let state = STATES.normal;
      server.floor.item = (topic) => (item(topic) === undefined ? undefined : state(item(topic)));
      server.putBoard(EVERYTHING);
      await page.waitForSelector('.tile .main', { timeout: 30_000 });
      for (const [name, change] of Object.entries(STATES)) {
        state = change;
        await page.waitForTimeout(700);
        for (const [width, height] of [...WALLS, PHONE]) {
          await page.setViewportSize({ width, height });
          await settled(page);
          assert.deepEqual(await misfits(page), [], `${name}, ${width} x ${height}`);
        }
        for (const click of ['first', 'second']) {
          for (const button of await page.locator('.switches button').all()) await button.click(); // the other language, the other theme
          await settled(page);
          assert.deepEqual(await misfits(page), [], `${name}, on a phone, switched a ${click} time`);
        }
        if (name === 'alerting') assert.ok((await page.locator('.tile.level-2').count()) >= 3);
      }
      assert.match(await page.locator('.tile .notes', { hasText: 'nobody knows' }).innerText(), /not known here/);
    });
  });
});
