// The floor page at the real programs with a simulated floor: what the screen says is what the API says, and when a program
// dies the screen says so and comes back. Needs chromium.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openBrowser, openPage, whyNoBrowser } from './page-lib/browser.mjs';
import { bin, System } from './lib/system.mjs';

const PATIENCE = { timeout: 45_000 };
const skip = whyNoBrowser() ?? false;
const phase = (page, wanted) => page.waitForSelector(`.top.phase-${wanted}`, PATIENCE);

describe('the floor page at the real programs', { skip }, () => {
  let s, browser, opened;

  before(async () => {
    s = await System.create();
    await s.start(['--web', join(bin, 'web')]);
    s.collector(`zmq://127.0.0.1:${s.ingest}`);
    s.run('sim', ['--to', s.tcp(s.ingest), '--preset', 'demo', '--history', '1800', '--seed', '7']);
    browser = await openBrowser();
    opened = await openPage(browser, `http://127.0.0.1:${s.http}/d/floor?lang=en`, { refusals: true });
    await opened.page.waitForSelector('.tile .main', PATIENCE);
  });
  after(async () => {
    await browser?.close();
    await s.kill();
  });

  it('shows what the API answers, for every queue', async () => {
    const { page } = opened;
    s.programs.get('sim').child.kill('SIGSTOP'); // nothing new happens; what is on its way arrives
    const percent = new Intl.NumberFormat('en', { style: 'percent' });
    const queues = (await s.json('/api/v1/kpi?window=m15')).items.filter((i) => i.scope === 'queue').map((i) => i.name);
    assert.equal(queues.length, 3);
    for (const name of queues) {
      // The 15 minutes move on by themselves: the API is asked again until both sides have said the same.
      await s.until(`${name} shows what the API answers`, async () => {
        const item = (await s.json(`/api/v1/kpi?window=m15&queue=${name}`)).items[0];
        const [waiting, level, n] = await page.evaluate((q) => ['.main', '.service .digits', '.service .n'].map((part) => document.querySelector(`.card[data-queue="${q}"] ${part}`).textContent), name);
        const wanted = item.service_level.value === null ? '–' : percent.format(item.service_level.value);
        return waiting === String(item.waiting) && level === wanted && n === `n ${item.service_level.n}`;
      });
    }
    s.programs.get('sim').child.kill('SIGCONT');
  });

  it('explains a number by the table that the API tells', async () => {
    const { page } = opened;
    const row = (await s.json('/api/v1/kpis')).kpis.find(({ key }) => key === 'abandon_rate');
    await page.locator('.card .abandon').first().focus();
    await page.waitForFunction(([name, formula]) => document.querySelector('.explanation h4')?.textContent === name && document.querySelector('.explanation .formula').textContent === formula, [row.name.en, row.formula], PATIENCE);
    await page.locator('.card .abandon').first().blur();
  });

  it('shows a change within moments of the call', async () => {
    const { page } = opened;
    const digits = () => page.locator('[data-tile=abandoned] .notes').innerText();
    const first = await digits();
    await page.waitForFunction((was) => document.querySelector('[data-tile=abandoned] .notes').textContent !== was, first, PATIENCE);
  });

  it('turns grey and says so when the aggregator hangs, and is live again when it goes on', async () => {
    const { page } = opened;
    await phase(page, 'live');
    s.programs.get('aggregator').child.kill('SIGSTOP');
    await phase(page, 'stale');
    assert.match(await page.locator('.alarm').innerText(), /^Data is \d+ sec old — the aggregator is silent$/);
    await s.until('the health says so too', async () => (await s.fetch('/healthz')).status === 503);
    s.programs.get('aggregator').child.kill('SIGCONT');
    await phase(page, 'live');
  });

  it('is live again after the aggregator was killed and started anew, with the same day', async () => {
    const { page } = opened;
    const before = (await s.json('/api/v1/kpi?window=day')).items.find((i) => i.scope === 'all');
    await s.programs.get('aggregator').stop('SIGKILL');
    await phase(page, 'stale');
    s.aggregator();
    await phase(page, 'live');
    const later = (await s.json('/api/v1/kpi?window=day')).items.find((i) => i.scope === 'all');
    assert.ok(later.offered >= before.offered, `${later.offered} offered after, ${before.offered} before`);
  });

  it('says that it is cut off when the server is gone, and comes back by itself', async () => {
    const { page } = opened;
    await s.programs.get('wallboard').stop('SIGKILL');
    await phase(page, 'cut');
    assert.match(await page.locator('.alarm').innerText(), /Connection to the server lost/);
    s.wallboard(['--web', join(bin, 'web')]);
    await phase(page, 'live');
  });

  it('names a source that fell silent', async () => {
    const { page } = opened;
    await s.programs.get('sim').stop('SIGKILL');
    await page.waitForSelector('.sources', PATIENCE);
    assert.match(await page.locator('.sources').innerText(), /Source sim silent since/);
    await page.waitForSelector('.card.lost', PATIENCE); // every queue is fed by it alone
    assert.equal(await page.locator('.card.lost').count(), 3);
    assert.match(await page.locator('.card.lost .chip').first().innerText(), /^no data since \d\d:\d\d$/);
    assert.match(await page.locator('.card.lost .chip').first().getAttribute('title'), /^Source sim silent since/);
    assert.equal(await page.locator('.card.lost .main').first().evaluate((node) => getComputedStyle(node.closest('.figure')).opacity), '0.45');
    await page.getByRole('button', { name: '中文' }).click();
    await page.waitForFunction(() => /^\d\d:\d\d 起无数据$/.test(document.querySelector('.card.lost .chip').innerText.trim()), null, PATIENCE);
  });

  it('had nothing to complain about', async () => {
    assert.deepEqual(await opened.violations(), []);
    assert.deepEqual(opened.complaints.filter((c) => !/ERR_CONNECTION|Failed to load resource/.test(c)), []);
  });
});
