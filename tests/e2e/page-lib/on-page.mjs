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
