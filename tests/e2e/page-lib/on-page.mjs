// What every test of the page begins with: a server, a browser, a page at it.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openBrowser, openPage, whyNoBrowser } from './browser.mjs';
import { startMakeBelieve, whyNoPages } from './make-believe.mjs';

const SEED = Number(process.env.FC_SEED ?? 20260306);
export const skip = whyNoBrowser() ?? whyNoPages ?? false;

let browser;
before(async () => {
  console.log(`seed ${SEED} (FC_SEED gives it back)`);
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

// onPage -- a server, a page at it, what is to be seen there; and nothing that the browser complained about.
export async function onPage({ path = '/d/floor?lang=en', server: serverOptions = {}, ...pageOptions }, look) {
  const server = await startMakeBelieve({ seed: SEED, ...serverOptions });
  try {
    const opened = await openPage(browser, server.url + path, pageOptions);
    await look({ server, ...opened });
    assert.deepEqual(await opened.violations(), []);
    assert.deepEqual(opened.complaints, []);
    await opened.page.close();
  } finally {
    await server.stop();
  }
}

export const tiles = (page) => page.waitForSelector('.tile .main', { timeout: 30_000 });

export const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))));

// misfits -- what does not fit: the page against the window, texts against the tile they stand on and against each box that
// hides what sticks out. A name that ends in an ellipsis is no misfit: it is whole in its title.
export function misfits(page) {
  return page.evaluate(() => {
    const found = [];
    const { scrollWidth, scrollHeight } = document.documentElement;
    const flows = matchMedia('(max-width: 752px), (max-height: 520px)').matches;
    if (scrollWidth > innerWidth || (!flows && scrollHeight > innerHeight)) found.push(`page ${scrollWidth} x ${scrollHeight}`);
    const hides = (node) => getComputedStyle(node).overflow !== 'visible';
    const shortened = (node) => getComputedStyle(node).textOverflow === 'ellipsis' || getComputedStyle(node).webkitLineClamp !== 'none';
    for (const tile of document.querySelectorAll('.tile, .top')) {
      const walker = document.createTreeWalker(tile, NodeFilter.SHOW_TEXT);
      for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
        if (text.data.trim() === '' || text.parentElement.closest('.hidden-label, title')) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const at = range.getBoundingClientRect();
        if (at.width === 0) continue;
        for (let box = text.parentElement; box !== tile.parentElement; box = box.parentElement) {
          if (box !== tile && !hides(box)) continue;
          if (shortened(box)) break;
          const room = box.getBoundingClientRect();
          const line = 0.3 * parseFloat(getComputedStyle(text.parentElement).fontSize); // of the line's height, in which no glyph stands
          if (at.left < room.left - 1 || at.right > room.right + 1 || at.top < room.top - line || at.bottom > room.bottom + line) {
            found.push(`${tile.dataset.tile ?? tile.className}: "${text.data}" ${[at.left, at.right, at.top, at.bottom].map(Math.round)} in ${box.className} ${[room.left, room.right, room.top, room.bottom].map(Math.round)}`);
            break;
          }
        }
      }
    }
    return found;
  });
}
