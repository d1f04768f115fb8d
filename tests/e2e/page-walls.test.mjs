// The floor page on walls and phones: it fills what there is, and whatever is on it can be read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onPage, skip, tiles } from './page-lib/on-page.mjs';

const WALLS = [[1920, 1080], [1366, 768], [3840, 2160]];

const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))));

// measure -- what does not fit, and how large the main digits are.
function measure(page) {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.tile, .summary, .board, .agent-grid')];
    const cut = boxes.filter((box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1);
    return {
      scrollWidth: document.documentElement.scrollWidth,
      scrollHeight: document.documentElement.scrollHeight,
      tiles: document.querySelectorAll('.tile').length,
      cut: cut.map((box) => `${box.className} ${box.scrollWidth}/${box.clientWidth} ${box.scrollHeight}/${box.clientHeight}`),
      digits: parseFloat(getComputedStyle(document.querySelector('.tile .main')).fontSize),
    };
  });
}

describe('the floor page, by size', { skip }, () => {
  for (const queues of [1, 3, 12, 24]) {
    it(`fills any wall with ${queues} queues: nothing scrolls, nothing is cut, digits are large`, async () => {
      await onPage({ server: { queues, idleQueues: 0, load: 1.3 } }, async ({ page }) => {
        await tiles(page);
        for (const [width, height] of WALLS) {
          await page.setViewportSize({ width, height });
          await settled(page);
          const seen = await measure(page);
          assert.deepEqual([seen.scrollWidth, seen.scrollHeight, seen.tiles, seen.cut], [width, height, queues, []]);
          assert.ok(seen.digits >= height / 25, `${seen.digits} px of ${height}`);
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
    });
  });
});
