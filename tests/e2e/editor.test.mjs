// The board editor at the real programs: what is changed by pointer, keys and form is saved, and on another display at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bin, System } from './lib/system.mjs';
import { violationsOf } from './page-lib/axe.mjs';
import { openBrowser, openPage, whyNoBrowser } from './page-lib/browser.mjs';

const PATIENCE = { timeout: 20_000 };
const skip = whyNoBrowser() ?? false;
const BOARD = {
  title: 'Team', columns: 12, rows: 8,
  tiles: [
    { id: 'a', kind: 'number', x: 0, y: 0, w: 3, h: 2, kpi: 'waiting' },
    { id: 'b', kind: 'clock', x: 6, y: 0, w: 3, h: 2 },
  ],
};

describe('the board editor', { skip }, () => {
  let s, browser, editor, display;
  const url = (path) => `http://127.0.0.1:${s.http}${path}`;
  const put = (id, board) => fetch(url(`/api/v1/boards/${id}`), { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(board) });
  const board = () => s.json('/api/v1/boards/team');
  const item = (id) => editor.page.locator(`.grid-stack-item[data-id=${id}]`);
  const place = async (id) => (({ x, y, w, h }) => [x, y, w, h])((await board()).tiles.find((tile) => tile.id === id));
  const press = async (...keys) => { for (const key of keys) await editor.page.keyboard.press(key); };
  const ready = () => editor.page.waitForSelector('.grid-stack-item .ui-resizable-se', PATIENCE);
  const save = async () => {
    const { rev } = await board();
    await editor.page.locator('[data-save]').click();
    await s.until('it is saved', async () => (await board()).rev > rev, 20);
  };

  before(async () => {
    s = await System.create();
    await s.start(['--web', join(bin, 'web'), '--data', join(s.dir, 'kept')]);
    assert.equal((await put('team', BOARD)).status, 200);
    browser = await openBrowser();
    display = await openPage(browser, url('/d/team?lang=en'));
    editor = await openPage(browser, url('/edit/team?lang=en'), { width: 1366, height: 768 });
    await ready();
  });
  after(async () => {
    await browser?.close();
    await s.kill();
  });

  it('moves and resizes by pointer; saved, another browser shows it without a reload', async () => {
    const { page } = editor;
    await display.page.evaluate(() => { window.same = true; });
    const at = await item('a').boundingBox(), stage = await page.locator('.grid-stack').boundingBox();
    const cell = { x: stage.width / 12, y: stage.height / 8 };
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
    await page.mouse.down();
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2 + 3.05 * cell.y, { steps: 8 });
    await page.mouse.up();
    const edge = await page.locator('.grid-stack-item[data-id=b] .ui-resizable-se').boundingBox();
    await page.mouse.move(edge.x + edge.width / 2, edge.y + edge.height / 2);
    await page.mouse.down();
    await page.mouse.move(edge.x + edge.width / 2 + 2.05 * cell.x, edge.y + edge.height / 2 + 1.05 * cell.y, { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() => /column 1, row 4/.test(document.querySelector('[data-id=a]').ariaLabel), null, PATIENCE);
    await save();
    assert.deepEqual([await place('a'), await place('b')], [[0, 3, 3, 2], [6, 0, 5, 3]]);
    await display.page.waitForFunction(() => window.same && document.querySelector('[data-tile=a]').getBoundingClientRect().top > 300, null, PATIENCE);
  });

  it('moves, resizes and removes by keys, tells so, and takes it back', async () => {
    const { page } = editor;
    const said = (words) => page.waitForFunction((w) => document.querySelector('[data-said]').textContent === w, words, PATIENCE);
    await item('a').focus();
    await press('ArrowRight', 'ArrowUp');
    await said('Column 2, row 3');
    await press('Shift+ArrowRight', 'Shift+ArrowDown');
    await said('4 wide, 3 high');
    await save();
    assert.deepEqual(await place('a'), [1, 2, 4, 3]);
    await item('b').focus();
    await press('Delete');
    await item('b').waitFor({ state: 'detached', ...PATIENCE });
    await said('Clock removed');
    await press('Control+z');
    await item('b').waitFor(PATIENCE);
    await press('Control+z', 'Control+y');
    await ready();
  });

  it('changes the number and its levels in the form, with what the catalogue says of it', async () => {
    const { page } = editor;
    await item('a').focus();
    await page.locator('label', { has: page.locator('span', { hasText: /^Number$/ }) }).locator('select').selectOption('service_level');
    await page.getByRole('spinbutton', { name: /^Goal/ }).fill('80');
    await page.getByLabel('Title, Chinese').fill('服务');
    const help = (await s.json('/api/v1/kpis')).kpis.find(({ key }) => key === 'service_level').formula;
    assert.match(await page.locator('#form .help code').innerText(), new RegExp(help.slice(0, 12).replace(/[^\w ]/g, '.')));
    await page.locator('[data-add=text]').click();
    await save();
    const { tiles } = await board();
    assert.deepEqual([tiles[0].kpi, tiles[0].goal, tiles[0].title], ['service_level', 0.8, { 'zh-CN': '服务' }]);
    assert.equal(tiles[2].kind, 'text');
    await display.page.waitForSelector('[data-tile=t1]', PATIENCE);
  });

  it('shows a refusal at the tile and its field', async () => {
    const { page } = editor;
    await item('b').focus();
    await page.getByLabel('Time zone').fill('Nowhere/Land');
    await page.locator('[data-save]').click();
    await page.waitForSelector('[data-notice=wrong]', PATIENCE);
    assert.equal(await page.locator('[data-id=b][data-wrong]').count(), 1);
    assert.equal(await page.getByLabel('Time zone').getAttribute('aria-invalid'), 'true');
    await page.locator('[data-undo]').click();
    await page.waitForSelector('[data-notice]', { state: 'detached', ...PATIENCE });
  });

  it('tells of a conflict, and takes theirs or overwrites', async () => {
    const { page } = editor;
    await put('team', { ...BOARD, title: 'Theirs' });
    await item('a').focus();
    await press('ArrowDown');
    await page.locator('[data-save]').click();
    await page.waitForSelector('[data-notice=conflict]', PATIENCE);
    await page.locator('[data-theirs]').click();
    await page.waitForFunction(() => document.querySelector('h1').textContent.includes('Theirs'), null, PATIENCE);
    await put('team', { ...BOARD, title: 'Theirs again' });
    await item('a').focus();
    await press('ArrowDown');
    await page.locator('[data-save]').click();
    await page.locator('[data-mine]').click(PATIENCE);
    await s.until('mine is there', async () => (await board()).title === 'Theirs' && (await place('a'))[1] === 1, 20);
  });

  it('brings an earlier version back; exports, and imports what it exported', async () => {
    const { page } = editor;
    await page.locator('[data-tab=board]').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-export]').click()]);
    const yaml = readFileSync(await download.path(), 'utf8');
    assert.match(yaml, /^title: Theirs$/m);
    await page.locator('input[type=file]').setInputFiles({ name: 'x.yaml', mimeType: 'application/yaml', buffer: Buffer.from(yaml.replace('title: Theirs', 'title: Imported').replace('id: team', 'id: other')) });
    await page.waitForFunction(() => document.querySelector('h1').textContent.includes('Imported'), null, PATIENCE);
    assert.equal((await board()).title, 'Imported');
    await page.locator('[data-tab=history]').click();
    await page.locator('[data-rev="1"]').click(PATIENCE);
    await page.waitForFunction(() => document.querySelector('h1').textContent.includes('Team'), null, PATIENCE);
    await save();
    assert.equal((await board()).title, 'Team');
  });

  it('copies a board, and begins a new one from the list', async () => {
    const { page } = editor;
    await page.locator('[data-tab=board]').click();
    await page.getByLabel('Name of the copy').fill('second');
    await page.locator('[data-copy]').click();
    await page.waitForURL(/\/edit\/second/, PATIENCE);
    await ready();
    await page.locator('[data-tab=board]').click();
    await page.locator('[data-delete]').click();
    await page.locator('[data-sure]').click();
    await page.waitForURL(/\/edit\?/, PATIENCE);
    await page.getByLabel(/^Name in the address/).fill('third');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.waitForSelector('[data-notice=absent]', PATIENCE);
  });

  it('says in words that nothing can be saved', async () => {
    const page = await browser.newPage();
    await page.route('**/api/v1/boards', (route) => route.fulfill({ json: { boards: [{ id: 'team', title: 'Team', rev: 1, saved_us: 1, origin: 'saved', editable: false }] } }));
    await page.goto(url('/edit/team?lang=en'));
    await page.getByText('Boards are read-only here').waitFor(PATIENCE);
    assert.ok(await page.locator('[data-save]').isDisabled());
    await page.close();
  });

  it('has no WCAG violation in either language and theme, also on a phone, and the browser no complaint', async () => {
    for (const [path, width] of [['team?lang=en', 1366], ['team?lang=zh-CN&theme=light', 1366], ['team?lang=zh-CN', 390]]) {
      const { page } = await openPage(browser, url(`/edit/${path}`), { width, height: 768 });
      await page.waitForSelector('.tile-list button', { state: 'attached', ...PATIENCE });
      if (width < 752) await page.locator('.tile-list button').first().click();
      else await page.locator('.grid-stack-item').first().focus();
      await page.waitForSelector('.form-grid', PATIENCE);
      assert.deepEqual(await violationsOf(page), [], path);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} is wider than its screen`);
      await page.close();
    }
    assert.deepEqual(await editor.violations(), []);
    assert.deepEqual(editor.complaints.filter((words) => !/status of 40[049]/.test(words)), []);
  });
});
