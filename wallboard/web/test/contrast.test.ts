import assert from 'node:assert/strict';
import test from 'node:test';
import css from '../src/style/theme.css';

type Theme = Record<string, string>;

function themeIn(block: string): Theme {
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]));
}

// Every palette in either theme: its own colours over those of the theme.
const blocks = [...css.matchAll(/:root([^{]*)\{([^}]*)\}/g)].map(([, selector = '', block = '']) => ({ selector: selector.trim(), colours: themeIn(block) }));
const themes: Record<string, Theme> = {};
for (const palette of ['default', 'colour-blind', 'red-up']) {
  for (const theme of ['dark', 'light']) {
    const applies = ({ selector }: { selector: string }) =>
      (!selector.includes('data-theme') || selector.includes(`data-theme='${theme}'`)) && (!selector.includes('data-palette') || selector.includes(`data-palette='${palette}'`));
    themes[palette === 'default' ? theme : `${palette}, ${theme}`] = Object.assign({}, ...blocks.filter(applies).map(({ colours }) => colours));
  }
}

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
  [['on-cause'], ['cause-0', 'cause-1', 'cause-2'], 7],
  [['line-0', 'line-1', 'line-2', 'line-3'], ['surface'], 3],
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

// seen -- a colour as somebody sees it who lacks one kind of cones (Machado, Oliveira and Fernandes 2009, severity 1).
const CONES = {
  deuteranope: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanope: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
};

function seen(colour: string, cones: number[][]): number[] {
  const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return cones.map((row) => row.reduce((sum, weight, i) => sum + weight * rgb[i]!, 0));
}

test('colour-blind: well, watch and act are three colours to every eye', () => {
  for (const [eye, cones] of Object.entries(CONES)) {
    for (const theme of ['colour-blind, dark', 'colour-blind, light']) {
      const [ok, warn, alert] = ['ok', 'warn', 'alert'].map((name) => seen(themes[theme]![name]!, cones)) as [number[], number[], number[]];
      for (const [a, b] of [[ok, warn], [ok, alert], [warn, alert]] as const) {
        const apart = Math.hypot(...a.map((part, i) => part - b[i]!));
        assert.ok(apart > 0.15, `${eye}, ${theme}: ${apart.toFixed(2)}`);
      }
    }
  }
});
