// Builds the pages: node build.mjs [--out DIR]      (dist/ unless told otherwise)
// or runs the unit tests: node build.mjs --test
// Refuses to end well when the display's script outgrows what a TV stick should have to read.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const SCRIPT_GZIP_BYTES_MAX = 60 * 1024;
const TARGET = ['chrome87', 'firefox90', 'safari15'];

async function buildPages(out) {
  mkdirSync(out, { recursive: true });
  const result = await build({
    absWorkingDir: here,
    entryPoints: ['src/main.tsx'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    outdir: out,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const files = Object.keys(result.metafile.outputs).map((file) => basename(file));
  const js = files.find((file) => file.endsWith('.js'));
  const css = files.find((file) => file.endsWith('.css'));
  const html = readFileSync(join(here, 'src/index.html'), 'utf8').replace('{{js}}', js).replace('{{css}}', css);
  writeFileSync(join(out, 'index.html'), html);
  writeFileSync(join(out, 'favicon.svg'), readFileSync(join(here, 'src/favicon.svg')));
  for (const file of readdirSync(out)) if (/^main-.*\.(js|css)$/.test(file) && !files.includes(file)) rmSync(join(out, file));
  const bytes = gzipSync(readFileSync(join(out, js))).length;
  console.log(`${join(out, js)}: ${bytes} bytes gzipped`);
  if (bytes > SCRIPT_GZIP_BYTES_MAX) throw new Error(`${js} is ${bytes} bytes gzipped, at most ${SCRIPT_GZIP_BYTES_MAX} are allowed`);
}

async function runTests() {
  const out = mkdtempSync(join(tmpdir(), 'floorcast-web-test-'));
  try {
    const entryPoints = readdirSync(join(here, 'test')).filter((file) => file.endsWith('.test.ts')).map((file) => join('test', file));
    await build({ absWorkingDir: here, entryPoints, bundle: true, platform: 'node', format: 'esm', target: 'node18', outdir: out, outExtension: { '.js': '.mjs' }, loader: { '.css': 'text' }, logLevel: 'warning' });
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
