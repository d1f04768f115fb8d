import assert from 'node:assert/strict';
import test from 'node:test';
import css from '../src/style/theme.css';

type Theme = Record<string, string>;

function themeIn(block: string): Theme {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]));
}

const [first = '', second = ''] = css.split("data-theme='light'");
const themes: Record<string, Theme> = { dark: themeIn(first), light: themeIn(second) };

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const STATES = ['available', 'alerting', 'busy', 'hold', 'wrap', 'paused', 'offline'];
const ON: [text: string[], surface: string[], least: number][] = [
  [['text', 'muted'], ['ground', 'surface', 'surface-raised'], 7],
  [['text', 'warn'], ['warn-surface'], 7],
  [['text', 'alert'], ['alert-surface'], 7],
  [['ok', 'warn', 'alert', 'accent'], ['surface'], 7],
  [STATES, ['ground', 'surface', 'warn-surface', 'alert-surface'], 3],
  [['on-chip'], ['warn', 'alert-chip'], 7],
  [['on-stale'], ['stale'], 7],
  [['on-cut'], ['cut'], 7],
];

test('dark: states are written in their colours', () => {
  for (const state of STATES) assert.ok(contrast(themes.dark![state]!, themes.dark!.ground!) >= 7, state);
});

for (const [name, theme] of Object.entries(themes)) {
  test(`${name}: what is written can be read`, () => {
    for (const [texts, surfaces, least] of ON) {
      for (const text of texts) {
        for (const surface of surfaces) {
          const ratio = contrast(theme[text]!, theme[surface]!);
          assert.ok(ratio >= least, `${text} on ${surface}: ${ratio.toFixed(2)}`);
        }
      }
    }
  });
}
