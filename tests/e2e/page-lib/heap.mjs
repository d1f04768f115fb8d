// What an open page holds, from the browser itself.

/** The page's JavaScript heap after a collection, its nodes and its listeners. */
export async function pageBytes({ page }) {
  page.devtools ??= await page.context().newCDPSession(page);
  await page.devtools.send('HeapProfiler.collectGarbage');
  await page.devtools.send('Performance.enable');
  const { metrics } = await page.devtools.send('Performance.getMetrics');
  const value = (name) => metrics.find((m) => m.name === name).value;
  return { heap_kib: Math.round(value('JSHeapUsedSize') / 1024), nodes: value('Nodes'), listeners: value('JSEventListeners') };
}
