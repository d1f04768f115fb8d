import assert from 'node:assert/strict';
import test from 'node:test';
import { pagesOf, planLayout, type Screen } from '../src/model/layout';

// The board of a whole screen: without top line, summary and margins, as the page leaves it.
const screen = (width: number, height: number): Screen => {
  const rem = height * 0.014815;
  return { width: width - 2 * rem, height: height - 14 * rem, screenHeight: height, rem, flow: false };
};

test('up to 24 queues stand on one page, with main digits of 1/25 of the screen, whatever the agents', () => {
  for (const [width, height] of [[1920, 1080], [1366, 768], [3840, 2160]] as const) {
    for (let queues = 1; queues <= 24; queues++) {
      for (const agents of [0, 1, 8, 40, 200]) {
        const layout = planLayout(screen(width, height), queues, agents);
        const what = `${width}x${height}, ${queues} queues, ${agents} agents`;
        assert.ok(layout.tilesPerPage >= queues, what);
        assert.ok(layout.em * 3.5 >= height / 25, what);
        assert.ok(agents === 0 || layout.agentsPerPage >= 1, what);
      }
    }
  }
});

test('everything fits: tiles, gaps and agents are no larger than the board', () => {
  for (const [queues, agents] of [[1, 3], [3, 40], [12, 40], [24, 200], [60, 500]] as const) {
    const board = screen(1920, 1080);
    const layout = planLayout(board, queues, agents);
    const gap = 0.75 * board.rem;
    const extent = layout.agentsExtent + 2 * gap;
    const width = layout.tileColumns * (layout.tileWidth * layout.em + gap) - gap + (layout.side === 'right' ? extent : 0);
    const height = layout.tileRows * (layout.tileHeight * layout.em + gap) - gap + (layout.side === 'below' ? extent : 0);
    assert.ok(width <= board.width + 0.01 && height <= board.height + 0.01, `${queues} queues, ${agents} agents`);
  }
});

test('forty agents are seen at once beside twelve queues', () => {
  assert.ok(planLayout(screen(1920, 1080), 12, 40).agentsPerPage >= 40);
});

test('pages cover everything once and are equally full', () => {
  assert.deepEqual(pagesOf(0, 5), []);
  assert.deepEqual(pagesOf(36, 32), [{ from: 0, to: 18 }, { from: 18, to: 36 }]);
  for (let count = 1; count < 50; count++) {
    for (let room = 1; room < 20; room++) {
      const pages = pagesOf(count, room);
      assert.equal(pages.reduce((sum, { from, to }) => sum + to - from, 0), count);
      assert.ok(pages.every(({ from, to }, i) => to > from && to - from <= room && from === (pages[i - 1]?.to ?? 0)), `${count} by ${room}`);
    }
  }
});
