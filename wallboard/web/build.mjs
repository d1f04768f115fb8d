// Builds the pages: node build.mjs [--out DIR]      (dist/ unless told otherwise)
// or runs the unit tests: node build.mjs --test
// Refuses to end well when the display's script outgrows what a TV stick should have to read.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const TARGET = ['chrome87', 'firefox90', 'safari15'];

// Each page has an entry of its own, and shares nothing with the others but source files: what the editor needs is not
// read by a display. `page`: the file that the server sends (wallboard/web.c: /d/BOARD display.html, /edit/BOARD
// editor.html, / index.html). One that has no entry yet is left out.
const ENTRIES = [
  { name: 'display', from: 'src/main.tsx', page: 'display.html', gzipBytesMax: 60 * 1024 },
  { name: 'desk', from: 'src/desk/main.tsx', page: 'index.html' },
  { name: 'editor', from: 'src/editor/main.tsx', page: 'editor.html' },
];

async function buildEntry({ name, from, page, gzipBytesMax = Infinity }, out) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { [name]: from },
    bundle: true,
    splitting: true, // what is imported lazily comes as a file of its own
    minify: true,
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    chunkNames: `${name}-part-[hash]`,
    outdir: out,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const files = Object.keys(result.metafile.outputs).map((file) => basename(file));
  const named = (suffix) => files.find((file) => file.startsWith(`${name}-`) && !file.includes('-part-') && file.endsWith(suffix));
  const html = readFileSync(join(here, 'src/page.html'), 'utf8').replace('{{js}}', named('.js')).replace('{{css}}', named('.css'));
  writeFileSync(join(out, page), html);
  const bytes = files.filter((file) => file.endsWith('.js')).reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file))).length, 0);
  console.log(`${join(out, page)}: ${bytes} bytes of script, gzipped`);
  if (bytes > gzipBytesMax) throw new Error(`the script of ${page} has ${bytes} bytes gzipped, at most ${gzipBytesMax} are allowed`);
  return files;
}

async function buildPages(out) {
  mkdirSync(out, { recursive: true });
  const entries = ENTRIES.filter(({ from }) => existsSync(join(here, from)));
  const files = (await Promise.all(entries.map((entry) => buildEntry(entry, out)))).flat();
  if (!entries.some(({ page }) => page === 'index.html')) writeFileSync(join(out, 'index.html'), readFileSync(join(out, 'display.html')));
  writeFileSync(join(out, 'favicon.svg'), readFileSync(join(here, 'src/favicon.svg')));
  for (const file of readdirSync(out)) if (/-[0-9A-Z]{8}\.(js|css)$/.test(file) && !files.includes(file)) rmSync(join(out, file));
}

async function runTests() {
  const out = mkdtempSync(join(tmpdir(), 'floorcast-web-test-'));
  try {
    const entryPoints = readdirSync(join(here, 'test')).filter((file) => file.endsWith('.test.ts')).map((file) => join('test', file));
    await build({
      absWorkingDir: here,
      entryPoints,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node18',
      outdir: out,
      outExtension: { '.js': '.mjs' },
      loader: { '.css': 'text' },
      logLevel: 'warning',
    });
    const tests = readdirSync(out).map((file) => join(out, file));
    return spawnSync(process.execPath, ['--test', ...tests], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
if (args[0] === '--test') process.exitCode = await runTests();
else if (args.length === 0 || (args[0] === '--out' && args.length === 2)) await buildPages(resolve(args[1] ?? join(here, 'dist')));
else {
  console.error(`build.mjs: '${args.join(' ')}' is not understood, expected nothing, --out DIR or --test`);
  process.exitCode = 2;
}
