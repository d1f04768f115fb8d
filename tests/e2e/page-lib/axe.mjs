// What axe-core finds against WCAG 2.2 AA on a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const requireOfWeb = createRequire(new URL('../../../wallboard/web/package.json', import.meta.url));
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Each violation in one line: rule, and the first element that breaks it. */
export async function violationsOf(page) {
  await page.evaluate(readFileSync(requireOfWeb.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), TAGS);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`);
}
