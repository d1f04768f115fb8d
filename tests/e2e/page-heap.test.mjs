// A display is on for weeks: what the page holds does not grow with what it has shown.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from './lib/system.mjs';
import { pageBytes } from './page-lib/heap.mjs';
import { onPage, skip, tiles } from './page-lib/on-page.mjs';

const APART_MS = 9_000; // some forty states; to keep the tree of each would be 3 MiB
const MAY_GROW_KIB = 1500;

describe('the floor page', { skip }, () => {
  it('lets go of what it no longer shows', async () => {
    await onPage({ server: { queues: 24, agents: 100, load: 1.3 } }, async (opened) => {
      await tiles(opened.page);
      await sleep(3_000);
      const before = await pageBytes(opened);
      await sleep(APART_MS);
      const after = await pageBytes(opened);
      assert.ok(after.heap_kib < before.heap_kib + MAY_GROW_KIB, `${before.heap_kib} KiB, then ${after.heap_kib} KiB`);
      assert.equal(after.listeners, before.listeners);
    });
  });
});
