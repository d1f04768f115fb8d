// The floor page in a real browser: shows what was sent, ticks, says when it cannot be trusted, comes back by itself.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onPage, skip, tiles } from './page-lib/on-page.mjs';

const PATIENCE = { timeout: 30_000 };

const phase = (page, wanted) => page.waitForSelector(`.top.phase-${wanted}`, PATIENCE);
const text = (page, selector) => page.locator(selector).first().innerText();
const card = (name) => `.card[data-queue=${JSON.stringify(name)}]`;

async function shows(page, selector, wanted) {
  await page.waitForFunction(([s, w]) => document.querySelector(s)?.textContent === w, [selector, wanted], PATIENCE);
}

describe('the floor page', { skip }, () => {
  it('shows the numbers that were sent, and a dash where there is none', async () => {
    await onPage({}, async ({ page, server }) => {
      server.freeze();
      await tiles(page);
      const percent = new Intl.NumberFormat('en', { style: 'percent' });
      for (const name of server.item('queues').queues) {
        const sent = server.item(`queue/${name}/m15`);
        await shows(page, `${card(name)} .main`, String(sent.waiting));
        const { value, n } = sent.service_level;
        await shows(page, `${card(name)} .service .digits`, value === null ? '–' : percent.format(value));
        await shows(page, `${card(name)} .service .n`, `n ${n}`);
      }
      const { abandon_rate: lost } = server.item('group/all/day');
      await shows(page, '[data-tile=abandoned] .digits', new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1 }).format(lost.value));
      const silent = server.item('queues').queues.filter((name) => server.item(`queue/${name}/m15`).service_level.n === 0);
      assert.ok(silent.length >= 1, 'a queue without a contact was among them');
    });
  });

  it('shows every agent once, by label, with state and time', async () => {
    await onPage({ server: { agents: 20 } }, async ({ page, server }) => {
      server.freeze();
      await tiles(page);
      const sent = server.item('agents/all').agents;
      await page.waitForFunction((count) => document.querySelectorAll('.agent').length === count, sent.length, PATIENCE);
      const shown = await page.locator('.agent').evaluateAll((cells) => cells.map((cell) => [cell.querySelector('.label').textContent, cell.className.split('is-')[1]]));
      assert.deepEqual(shown, sent.map(({ label, state }) => [label, state]));
      assert.match(await text(page, '.agent .time'), /^\d+:\d\d/);
    });
  });

  it('pages through more agents and queues than fit, with dots', async () => {
    await onPage({ server: { queues: 30, agents: 200 } }, async ({ page }) => {
      await tiles(page);
      const labels = () => page.locator('.agent .label').allInnerTexts();
      const first = await labels();
      assert.ok((await page.locator('.agents-section .dots button').count()) > 1);
      await page.locator('.agents-section .dots button').nth(1).click();
      await page.waitForFunction((label) => document.querySelector('.agent .label').textContent !== label, first[0], PATIENCE);
      assert.equal((await labels()).filter((label) => first.includes(label)).length, 0);
    });
  });

  it('ticks by itself while nothing is sent', async () => {
    await onPage({}, async ({ page, server }) => {
      server.freeze();
      await tiles(page);
      const time = '.agent.is-offline .time, .agent .time';
      const before = await text(page, time);
      await page.waitForFunction(([s, t]) => document.querySelector(s).textContent !== t, [time, before], PATIENCE);
    });
  });

  it('greys out and says who is silent when the feed stops; seconds stand still; it comes back', async () => {
    await onPage({}, async ({ page, server }) => {
      await tiles(page);
      await phase(page, 'live');
      server.stopFeed();
      await phase(page, 'stale');
      assert.match(await text(page, '.alarm'), /^Data is \d+ sec old — the aggregator is silent$/);
      assert.notEqual(await page.locator('.board').evaluate((board) => getComputedStyle(board).filter), 'none');
      const times = await page.locator('.agent .time').allInnerTexts();
      await page.waitForTimeout(2_500);
      assert.deepEqual(await page.locator('.agent .time').allInnerTexts(), times);
      server.startFeed();
      await phase(page, 'live');
      assert.equal(await page.locator('.board').evaluate((board) => getComputedStyle(board).filter), 'none');
    });
  });

  it('says that it is cut off when the connection breaks, and reconnects by itself', async () => {
    await onPage({ refusals: true }, async ({ page, server }) => {
      await tiles(page);
      await phase(page, 'live');
      server.refuse();
      server.cut();
      await phase(page, 'cut');
      assert.equal(await text(page, '.alarm'), 'Connection to the server lost — reconnecting');
      server.accept();
      await phase(page, 'live');
      await page.waitForFunction(() => document.querySelector('.card') && !document.querySelector('.card.old, .tile.old'), null, PATIENCE);
    });
  });

  it('does not flash when the connection is back at once', async () => {
    await onPage({ refusals: true }, async ({ page, server }) => {
      await tiles(page);
      await page.evaluate(() => {
        window.alarms = 0;
        new MutationObserver(() => (window.alarms += document.querySelectorAll('.alarm').length)).observe(document.body, { subtree: true, childList: true });
      });
      const cut = Date.now();
      server.cut();
      while (server.clients() === 0) await page.waitForTimeout(50);
      const quick = Date.now() - cut < 2_000; // on a machine that is very busy it may not be
      await page.waitForTimeout(1_500);
      if (quick) assert.equal(await page.evaluate(() => window.alarms), 0);
    });
  });

  it('shows no number before the first data', async () => {
    await onPage({ refusals: true, server: { refusing: true } }, async ({ page, server }) => {
      await page.waitForSelector('.loading .message', PATIENCE);
      await page.waitForFunction(() => /cannot be reached/.test(document.querySelector('.loading .message').textContent), null, PATIENCE);
      assert.equal(await page.locator('.digits').count(), 1); // the clock
      server.accept();
      await tiles(page);
    });
  });

  it('names a source that fell silent', async () => {
    await onPage({}, async ({ page, server }) => {
      server.floor.sources = [{ src: 'ami:pbx1', state: 'silent', since_us: Date.now() * 1000, heard_us: Date.now() * 1000, gaps: 0 }];
      await page.waitForSelector('.sources', PATIENCE);
      assert.match(await text(page, '.sources'), /^Source ami:pbx1 silent since \d\d:\d\d — numbers fed by it may be incomplete$/);
    });
  });

  it('explains a number that is pointed at or focused', async () => {
    await onPage({}, async ({ page, server }) => {
      server.freeze();
      await tiles(page);
      await page.locator('.card .service').first().hover();
      await page.waitForSelector('.explanation', PATIENCE); // what it says is asked for at the first wish
      const words = await text(page, '.explanation');
      for (const part of ['Service level', 'answered within 20 sec', 'A≤T / (A + B − Bs + W>T)', 'last 15 min', 'Goal\n80%', 'Cisco UCCE']) assert.ok(words.includes(part), `${part} in: ${words}`);
      await page.mouse.move(0, 0);
      await page.waitForSelector('.explanation', { state: 'detached', ...PATIENCE });
      await page.locator('.card .waiting').first().focus();
      await page.waitForSelector('.explanation', PATIENCE);
      assert.match(await text(page, '.explanation'), /Window\nnow\n/);
    });
  });

  it('explains every number, in either language, without a hole left open', async () => {
    const windows = { en: /\nWindow\n(now|last 15 min|today)\b/, 'zh-CN': /\n统计窗口\n(当前|近 15 分钟|今日)/ };
    for (const language of ['en', 'zh-CN']) {
      await onPage({ path: `/d/floor?lang=${language}` }, async ({ page, server }) => {
        server.freeze();
        await tiles(page);
        const rows = new Map((await (await fetch(`${server.url}/api/v1/kpis`)).json()).kpis.map((row) => [row.key, row]));
        const explained = new Set();
        for (const figure of await page.locator('.figure').all()) {
          const key = await figure.getAttribute('data-kpi');
          if (explained.has(key) || !(await figure.isVisible())) continue;
          explained.add(key);
          await figure.focus();
          await shows(page, '.explanation h4', rows.get(key).name[language]);
          const words = await text(page, '.explanation');
          assert.doesNotMatch(words, /[{}]/);
          assert.match(words, windows[language]);
          assert.ok(words.includes(rows.get(key).source), words);
        }
        assert.deepEqual([...explained].sort(), ['abandon_rate', 'agents', 'longest_wait_since_us', 'service_level', 'waiting']);
      });
    }
  });

  it('explains by the formula that was chosen', async () => {
    await onPage({}, async ({ page, server }) => {
      const item = server.floor.kpis.bind(server.floor);
      server.floor.kpis = (...of) => ({ ...item(...of), variants: { service_level: 'answered', abandon_rate: 'default', fcr: 'repeat' } });
      await tiles(page);
      await page.locator('.card .service').first().focus();
      await page.waitForFunction(() => /\bA≤T \/ A\n/.test(document.querySelector('.explanation')?.innerText), null, PATIENCE);
      assert.match(await text(page, '.explanation'), /Formula chosen\nanswered/);
    });
  });

  it('speaks Chinese wholly, switches at a click and remembers', async () => {
    await onPage({ path: '/d/floor' }, async ({ page }) => {
      await tiles(page);
      if ((await page.evaluate(() => document.documentElement.lang)) === 'en') await page.getByText('中文', { exact: true }).click();
      await shows(page, '.top h1', '现场大屏');
      await shows(page, '[data-tile=waiting] h2', '等待中'); // what numbers are called is asked for
      const own = await page.evaluate(() => {
        const copy = document.querySelector('#root').cloneNode(true);
        for (const node of copy.querySelectorAll('h3, .agent .label, .beside, .clock, .switches, .firing')) node.remove();
        return copy.textContent;
      });
      assert.deepEqual(own.match(/[A-Za-z]{2,}/g), null);
      await page.reload();
      await shows(page, '.top h1', '现场大屏');
    });
  });

  it('has a light theme', async () => {
    await onPage({ path: '/d/floor?lang=en&theme=light' }, async ({ page }) => {
      await tiles(page);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.ok(ground.match(/\d+/g).every((part) => Number(part) > 200), ground);
    });
  });

  it('says in words that there is no such board, and shows it as soon as it is saved; another version at once', async () => {
    await onPage({ path: '/d/team-a?lang=en' }, async ({ page, server }) => {
      await shows(page, '.no-board p', 'There is no board named team-a');
      assert.deepEqual((await page.locator('.no-board a').allInnerTexts()).sort(), ['Floor', 'Queues', 'Service quality']);
      const board = (text) => ({ id: 'team-a', title: 'Team A', palette: 'colour-blind', tiles: [{ kind: 'text', text, w: 12, h: 8 }] });
      server.putBoard(board('first'));
      await shows(page, '.announcement', 'first');
      assert.equal(await page.evaluate(() => document.documentElement.dataset.palette), 'colour-blind');
      server.putBoard(board('second'));
      await shows(page, '.announcement', 'second');
      server.putBoard(null, 'team-a');
      await shows(page, '.no-board p', 'There is no board named team-a');
    });
  });

  it('shows its own copy of the floor board where the server has none', async () => {
    await onPage({}, async ({ page, server }) => {
      server.putBoard(null, 'floor');
      await page.reload();
      await tiles(page);
      assert.ok((await page.locator('.card').count()) > 0);
    });
  });

  it('takes turns with the next board, without a tile that has nothing to show', async () => {
    await onPage({ path: '/d/one?lang=en' }, async ({ page, server }) => {
      const board = (id, next, kpi) => ({ id, next, next_s: 5, tiles: [{ kind: 'number', kpi, window: 'day', w: 12, h: 8 }] });
      await page.evaluate(() => {
        window.holes = 0;
        new MutationObserver(() => (window.holes += document.documentElement.dataset.board === 'two' && /^–?$/.test(document.querySelector('.main')?.textContent ?? '') ? 1 : 0)).observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      server.putBoard(board('one', 'two', 'offered'));
      server.putBoard(board('two', 'one', 'answered'));
      await page.waitForFunction(() => document.documentElement.dataset.board === 'two' && location.pathname === '/d/two', null, PATIENCE);
      assert.equal(await page.evaluate(() => window.holes), 0);
    });
  });

  it('loads itself anew when the server holds another build', async () => {
    await onPage({ refusals: true }, async ({ page, server }) => {
      await tiles(page);
      await page.evaluate(() => {
        window.before = true;
        Math.random = () => 0.02; // of the time over which a building's displays are spread
      });
      server.rebuild();
      server.cut();
      await page.waitForFunction(() => !window.before, null, { timeout: 40_000 });
      await tiles(page);
    });
  });
});
