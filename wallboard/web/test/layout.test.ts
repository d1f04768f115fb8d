import assert from 'node:assert/strict';
import test from 'node:test';
import floor from '../../boards/floor.yaml';
import quality from '../../boards/quality.yaml';
import queuesBoard from '../../boards/queues.yaml';
import { readBoard } from '../src/model/board';
import { boxesOf, pagesOf, planAgents, planCards, planRows, type Screen } from '../src/model/layout';

// The board of a whole screen: without top line and margins, as the page leaves it.
const screen = (width: number, height: number): Screen => {
  const rem = Math.min(48, Math.max(11, height * 0.014815));
  return { width: width - 2 * rem, height: height - 5.5 * rem, screenHeight: height, rem, flow: false };
};
const WALLS = [[1920, 1080], [1366, 768], [3840, 2160]] as const;
const BOARDS = [floor, queuesBoard, quality].map((document) => readBoard(document)!);

test('the built-in boards lie inside their grids and nothing lies over another', () => {
  for (const board of BOARDS) {
    const cells = new Set<string>();
    for (const { x, y, w, h, id, kind } of board.tiles) {
      assert.notEqual(kind, 'unknown', `${board.id} ${id}`);
      for (let i = x; i < x + w; i++) {
        for (let j = y; j < y + h; j++) {
          assert.ok(i < board.columns && j < board.rows && !cells.has(`${i} ${j}`), `${board.id} ${id}`);
          cells.add(`${i} ${j}`);
        }
      }
    }
    assert.equal(cells.size, board.columns * board.rows, board.id);
  }
});

test('boxes fill the board and do not touch', () => {
  for (const [width, height] of WALLS) {
    for (const board of BOARDS) {
      const wall = screen(width, height);
      const boxes = boxesOf(board, wall);
      assert.equal(Math.max(...boxes.map((box) => box.left + box.width)), Math.round(wall.width));
      assert.equal(Math.max(...boxes.map((box) => box.top + box.height)), Math.round(wall.height));
      for (const a of boxes) for (const b of boxes) if (a !== b) assert.ok(a.left + a.width < b.left || b.left + b.width < a.left || a.top + a.height < b.top || b.top + b.height < a.top);
    }
  }
});

test('up to 24 queues stand on the floor board at once, with main digits of 1/25 of the screen', () => {
  for (const [width, height] of WALLS) {
    const wall = screen(width, height);
    const board = BOARDS[0]!;
    const box = boxesOf(board, wall)[board.tiles.findIndex(({ kind }) => kind === 'queues')]!;
    for (let queues = 1; queues <= 24; queues++) {
      const plan = planCards(box.width, box.height - 1.75 * wall.rem, wall, queues);
      assert.ok(plan !== null && plan.perPage >= queues && plan.em * 3.5 >= height / 25, `${width}x${height}, ${queues} queues`);
    }
    assert.equal(planCards(box.width, box.height, wall, 200), null);
  }
});

test('rows and agents are no higher than what there is', () => {
  const wall = screen(1920, 1080);
  for (let count = 0; count < 300; count += 7) {
    const rows = planRows(600, wall, count);
    assert.ok(rows.perPage >= 1 && Math.min(count, rows.perPage) * rows.rowHeight <= 600.01, `${count} rows`);
    const cells = planAgents(460, 800, wall, count);
    assert.ok(cells.rows * 2.9 * cells.em <= 800 && cells.columns * 13 * cells.em <= 460, `${count} agents`);
  }
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
