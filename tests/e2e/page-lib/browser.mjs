// A real browser for looking at the page. Null, with the reason, where this machine has none.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const requireOfWeb = createRequire(new URL('../../../wallboard/web/package.json', import.meta.url));
const CHROMIUM = process.env.FC_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

export function whyNoBrowser() {
  if (!CHROMIUM) return 'no chromium on this machine; install it, or set FC_CHROMIUM';
  try {
    requireOfWeb.resolve('playwright-core');
    return null;
  } catch {
    return "the front end's packages are not installed (npm ci in wallboard/web, or a build with FC_WEB=ON)";
  }
}

export async function openBrowser() {
  const { chromium } = requireOfWeb('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

// openPage -- a page at `url` that remembers everything it complained about. A refused connection is told by the browser
// itself and cannot be kept from its console: whoever refuses says so.
export async function openPage(browser, url, { width = 1920, height = 1080, refusals = false } = {}) {
  const page = await browser.newPage({ viewport: { width, height } });
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    if (refusals && /WebSocket connection to .* failed/.test(message.text())) return;
    complaints.push(message.text());
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  return { page, complaints, violations: () => page.evaluate(() => window.violations) };
}
