// The supervisor's page in a real browser: at a make-believe floor, then at the real programs with a simulated one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bin, System } from './lib/system.mjs';
import { violationsOf } from './page-lib/axe.mjs';
import { openBrowser, openPage } from './page-lib/browser.mjs';
import { onPage, skip } from './page-lib/on-page.mjs';

const PATIENCE = { timeout: 30_000 };
const ROWS = '.grid-box tbody tr[data-id]';
const VIEWS = ['', 'view=agents', 'view=queue&name=Sales', 'view=group&name=Service', 'view=agent&name=agent-3', 'view=history', 'view=lost', 'view=quality', 'view=alerts', 'view=boards'];
const rows = (page) => page.waitForSelector(ROWS, PATIENCE);
const names = (page) => page.locator(`${ROWS} .name`).allInnerTexts();
const cell = (name, key) => `tr[data-id=${JSON.stringify(`queue/${name}`)}] td[data-key=${key}]`;
const settled = (page) => page.waitForFunction(() => document.querySelector('.content > *') && !document.querySelector('.asking'), null, PATIENCE);

async function csvOf(page, at = 0) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-csv]').nth(at).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

describe("the supervisor's page", { skip }, () => {
  it('shows every queue as it was sent, in the order that was asked for', async () => {
    await onPage({ path: '/?lang=en&sort=-offered&window=day' }, async ({ page, server }) => {
      server.freeze();
      await rows(page);
      const sent = server.item('queues').queues.map((name) => server.item(`queue/${name}/day`));
      for (const item of sent) {
        await page.waitForFunction(([s, n]) => document.querySelector(s)?.textContent === n, [cell(item.name, 'offered'), new Intl.NumberFormat('en').format(item.offered)], PATIENCE);
      }
      const offered = (await page.locator(`${ROWS} td[data-key=offered]`).allInnerTexts()).map((text) => Number(text.replace(/\D/g, '')));
      assert.deepEqual(offered, [...offered].sort((a, b) => b - a));
      await page.locator('th button', { hasText: 'Offered' }).click();
      assert.match(page.url(), /sort=offered/);
      await page.waitForFunction(() => document.querySelector('th[aria-sort=ascending]'), null, PATIENCE);
      await page.goBack();
      await page.waitForFunction(() => document.querySelector('th[aria-sort=descending]'), null, PATIENCE);
    });
  });

  it('finds by typing after a slash, and a reload of the address shows the same', async () => {
    await onPage({ path: '/?lang=en' }, async ({ page }) => {
      await rows(page);
      await page.keyboard.press('/');
      await page.keyboard.type('bil');
      await page.waitForFunction((s) => document.querySelectorAll(s).length === 1, ROWS, PATIENCE);
      assert.deepEqual(await names(page), ['Billing']);
      await page.reload();
      await rows(page);
      assert.deepEqual(await names(page), ['Billing']);
      assert.equal(await page.locator('.search').inputValue(), 'bil');
      await page.locator(`${ROWS} .name`).first().click();
      await page.waitForFunction(() => document.querySelector('h1').textContent.includes('Billing'), null, PATIENCE);
      await page.goBack(); // a step inside the page: the view before is drawn a moment after the address has changed
      await page.waitForFunction((s) => !document.querySelector('h1')?.textContent.includes('Billing') && document.querySelectorAll(s).length === 1, ROWS, PATIENCE);
      assert.deepEqual(await names(page), ['Billing']);
    });
  });

  it('is moved through by keys: arrows, Enter that explains, Escape, g and a letter, ?', async () => {
    await onPage({ path: '/?lang=en&sort=name' }, async ({ page }) => {
      await rows(page);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
      await page.locator(`${ROWS} .name`).first().focus();
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
      const place = await page.evaluate(() => [document.activeElement.dataset.row, document.activeElement.dataset.key]);
      assert.deepEqual(place, ['1', 'waiting']);
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('.explanation h4')?.textContent === 'Waiting', null, PATIENCE);
      await page.keyboard.press('Escape');
      await page.waitForSelector('.explanation', { state: 'detached', ...PATIENCE });
      await page.keyboard.press('Control+End');
      await page.waitForFunction(() => document.activeElement.dataset.row === '13', null, PATIENCE);
      await page.keyboard.press('g');
      await page.keyboard.press('h');
      await page.waitForFunction(() => location.search.includes('view=history'), null, PATIENCE);
      await page.keyboard.press('?');
      await page.waitForSelector('dialog.shortcuts[open]', PATIENCE);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog.shortcuts', { state: 'detached', ...PATIENCE });
    });
  });

  it('writes what is shown as CSV: marked, with zones, without formulas', async () => {
    await onPage({ path: '/?view=lost&lang=en&tz=Asia/Shanghai&show=all&range=yesterday' }, async ({ page }) => {
      await rows(page);
      const { name, text } = await csvOf(page);
      assert.equal(name, 'Lost callers.csv');
      assert.ok(text.startsWith('\ufeffLost at,Caller,Queue,'));
      const [, first] = text.split('\r\n');
      assert.match(first, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00,"'\+49 •+ \d+",/);
      const shown = await page.locator('.counted').innerText();
      assert.equal(text.trim().split('\r\n').length - 1, Number(/of ([\d,]+)/.exec(shown)[1].replace(/,/g, '')));
    });
  });

  it('zooms a chart, makes it the range, and goes back', async () => {
    await onPage({ path: '/?view=history&lang=en&range=yesterday' }, async ({ page }) => {
      const plot = page.locator('.u-over');
      await plot.waitFor(PATIENCE);
      const box = await plot.boundingBox();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Use as range' }).click();
      await page.waitForFunction(() => /range=own/.test(location.search), null, PATIENCE);
      const asked = new URL(page.url()).searchParams;
      const hours = (Date.parse(asked.get('to')) - Date.parse(asked.get('from'))) / 3_600_000;
      assert.ok(hours > 5 && hours < 7, `${hours} h`);
      await page.goBack();
      await page.waitForFunction(() => /range=yesterday/.test(location.search), null, PATIENCE);
    });
  });

  it('acknowledges an alert with a name that is remembered', async () => {
    await onPage({ path: '/?view=alerts&lang=en' }, async ({ page }) => {
      await rows(page);
      assert.equal(await page.locator('.badge span').first().innerText(), '2');
      await page.locator('.name-field input').fill('Olga');
      await page.getByRole('button', { name: 'Acknowledge', exact: true }).first().click();
      await page.waitForFunction(() => [...document.querySelectorAll('td[data-key=acked]')].some((td) => /^Olga, /.test(td.textContent)), null, PATIENCE);
      await page.reload();
      await rows(page);
      assert.equal(await page.locator('.name-field input').inputValue(), 'Olga');
    });
  });

  it('says so when it cannot be trusted, and when the server has no such thing', async () => {
    await onPage({ path: '/?view=queue&name=Nobody&lang=en' }, async ({ page, server }) => {
      await page.waitForFunction(() => /Nothing is known of “Nobody”/.test(document.querySelector('.nothing')?.textContent ?? ''), null, PATIENCE);
      server.stopFeed();
      await page.waitForSelector('.notice.phase-stale', PATIENCE);
      server.startFeed();
      await page.waitForSelector('.fresh.phase-live', PATIENCE);
      await page.route('**/api/v1/boards', (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"error":"no state yet"}' }));
      await page.keyboard.press('g');
      await page.keyboard.press('b');
      await page.waitForFunction(() => /cannot answer this yet.*no state yet/s.test(document.querySelector('.trouble')?.textContent ?? ''), null, PATIENCE);
      await page.evaluate(() => console.clear());
    }).catch((error) => {
      if (!/503/.test(error.message)) throw error; // the browser itself logs the answer that was asked for
    });
  });

  it('stays usable with a thousand queues: few rows drawn, those in sight live', async () => {
    await onPage({ path: '/?lang=en&sort=name', server: { queues: 1000, agents: 10, warmUpMs: 1000 } }, async ({ page }) => {
      await page.waitForFunction(() => /1,002 rows/.test(document.querySelector('.counted').textContent), null, PATIENCE);
      assert.ok((await page.locator(ROWS).count()) < 60);
      await page.locator('.grid-box').evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await page.waitForFunction((s) => [...document.querySelectorAll(s)].some((tr) => tr.getAttribute('aria-rowindex') === '1003' && tr.querySelector('[data-key=waiting]').textContent === '0'), ROWS, PATIENCE);
    });
  });

  for (const look of ['lang=en&theme=dark', 'lang=zh-CN&theme=light']) {
    it(`every view keeps WCAG 2.2 AA and fits a phone: ${look}`, async () => {
      await onPage({ path: `/?${look}`, width: 1366, height: 768, server: { queues: 8, agents: 12 } }, async ({ page, server }) => {
        for (const view of VIEWS) {
          await page.setViewportSize({ width: 1366, height: 768 });
          await page.goto(`${server.url}/?${view}&${look}`);
          await settled(page);
          assert.deepEqual(await violationsOf(page), [], view);
          await page.setViewportSize({ width: 375, height: 812 });
          await page.waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth, null, PATIENCE).catch(() => assert.fail(`${view} is too wide`));
        }
      });
    });
  }
});

describe("the supervisor's page at the real programs", { skip }, () => {
  let s, browser, opened;
  before(async () => {
    s = await System.create();
    await s.start(['--web', join(bin, 'web')]);
    s.collector(`zmq://127.0.0.1:${s.ingest}`);
    s.run('sim', ['--to', s.tcp(s.ingest), '--preset', 'demo', '--history', '1800', '--seed', '7']);
    browser = await openBrowser();
    opened = await openPage(browser, `http://127.0.0.1:${s.http}/?lang=en&window=day&sort=name`, { refusals: true });
    await rows(opened.page);
  });
  after(async () => {
    await browser?.close();
    await s.kill();
  });

  it('shows what the API answers, for every queue', async () => {
    const { page } = opened;
    s.programs.get('sim').child.kill('SIGSTOP'); // nothing new happens; what is on its way arrives
    const queues = (await s.json('/api/v1/kpi?scope=queue&window=day')).items.map(({ name }) => name);
    assert.equal(queues.length, 3);
    for (const name of queues) {
      await s.until(`${name} shows what the API answers`, async () => {
        const item = (await s.json(`/api/v1/kpi?window=day&queue=${name}`)).items[0];
        const shown = await page.evaluate((selectors) => selectors.map((one) => document.querySelector(one).textContent), [cell(name, 'offered'), cell(name, 'answered'), cell(name, 'waiting')]);
        const wanted = [item.offered, item.answered, item.waiting].map((n) => new Intl.NumberFormat('en').format(n));
        return shown.join() === wanted.join();
      });
    }
  });

  it('draws and tables the history that the API tells', async () => {
    const { page } = opened;
    const to = Math.ceil(Date.now() / 900_000) * 900_000, from = to - 2 * 3_600_000;
    const iso = (ms) => new Date(ms).toISOString().slice(0, 16) + 'Z';
    await page.goto(`http://127.0.0.1:${s.http}/?view=history&kpi=offered&range=own&from=${iso(from)}&to=${iso(to)}&step=15&lang=en&compare=none`);
    await rows(page);
    const told = (await s.json(`/api/v1/history?kpi=offered&group=all&from=${from * 1000}&to=${to * 1000}&step=900000000`)).points.map(({ value }) => value);
    assert.ok(told.some((value) => value > 0));
    const { text } = await csvOf(page);
    assert.deepEqual(text.trim().split('\r\n').slice(1).map((line) => Number(line.split(',')[1])), told);
  });

  it('had nothing to complain about but what the server does not offer', async () => {
    assert.deepEqual(await opened.violations(), []);
    assert.deepEqual(opened.complaints.filter((c) => !/Failed to load resource/.test(c)), []);
    s.programs.get('sim').child.kill('SIGCONT');
  });
});
