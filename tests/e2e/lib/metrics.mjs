// /metrics as a table, and what must hold of it: the text format's rules and Prometheus' conventions for names.
import assert from 'node:assert/strict';

const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf|NaN)$/;
const TYPES = ['counter', 'gauge', 'histogram', 'untyped'];
const SCALED = /_(ms|us|ns|milliseconds|microseconds|kb|mb|kilobytes|percent|minutes|hours)(_|$)/; // base units only: seconds, bytes, ratios

/** {families: name -> {type, help}, samples: 'name{labels}' -> value}. Throws at the first line that is not as it must be. */
export function readMetrics(text) {
  const families = new Map();
  const samples = new Map();
  let family = null;
  assert.ok(text.endsWith('\n'), 'the last line must end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, what, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (what === 'HELP') {
      assert.ok(!families.has(name), `${name}: its samples must stand together, under one HELP`);
      assert.match(rest, /^[A-Z0-9].*[^.]\.$/, `${name}: help must be a sentence: ${rest}`);
      families.set(name, (family = { name, help: rest }));
    } else if (what === 'TYPE') {
      assert.equal(name, family?.name, `${line}: TYPE must follow its HELP`);
      assert.ok(TYPES.includes(rest), line);
      family.type = rest;
    } else {
      readSample(line, family, samples);
    }
  }
  for (const { name, type } of families.values()) checkName(name, type);
  return { families, samples };
}

function readSample(line, family, samples) {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
  const base = family.type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
  assert.equal(base, family.name, `${line}: no HELP and TYPE before it`);
  assert.ok(family.type, `${line}: no TYPE before it`);
  const key = labels ? `${name}{${labels}}` : name;
  assert.ok(!samples.has(key), `${key} twice`);
  assert.ok(family.type === 'untyped' || /skew/.test(name) || Number(value) >= 0, `${line}: below nothing`);
  samples.set(key, Number(value));
}

function checkName(name, type) {
  assert.match(name, /^floorcast_(wallboard|aggregator|collector|source)_[a-z0-9_]+$/);
  assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
  assert.doesNotMatch(name, SCALED, 'base units');
  assert.doesNotMatch(name, /_(bucket|sum|count|info|gauge|counter|histogram)$/, 'reserved endings, or the type in the name');
}
