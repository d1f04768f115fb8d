import assert from 'node:assert/strict';
import test from 'node:test';
import { makeLocale, pickLanguage } from '../src/i18n';
import { editorMessages } from '../src/i18n/editor';
import { en } from '../src/i18n/en';
import { zhCN } from '../src/i18n/zh-CN';
import { backoffMs } from '../src/net/backoff';

// paths -- every leaf of a catalogue, with what kind of leaf it is and how many values it takes.
function paths(node: unknown, at = ''): string[] {
  if (typeof node === 'function') return [`${at}(${node.length})`];
  if (typeof node !== 'object' || node === null) return [at];
  return Object.entries(node).flatMap(([key, value]) => paths(value, `${at}.${key}`));
}

test('both languages have the same keys with the same values to fill in, none empty', () => {
  const texts = (node: unknown): unknown[] => (typeof node === 'object' && node ? Object.values(node).flatMap(texts) : [node]);
  for (const [one, other] of [[en, zhCN], [editorMessages.en, editorMessages['zh-CN']]]) {
    assert.deepEqual(paths(other).sort(), paths(one).sort());
    assert.ok([...texts(one), ...texts(other)].every((text) => text !== ''));
  }
});

test('languages: the first wish that can be met', () => {
  assert.equal(pickLanguage([null, 'fr', 'zh-Hant-TW', 'en']), 'zh-CN');
  assert.equal(pickLanguage(['en-GB', 'zh']), 'en');
  assert.equal(pickLanguage(['fr', undefined]), 'en');
});

test('durations, shares and times', () => {
  const { format } = makeLocale('en', 'Asia/Shanghai');
  assert.deepEqual([0, 48_999, 272_000, 3_872_000].map(format.clock), ['0:00', '0:48', '4:32', '1:04:32']);
  assert.equal(format.clock(-5), '0:00');
  assert.equal(format.clock(3 * 86_400_000), '3 days');
  assert.equal(format.duration(7_900), '7 sec');
  assert.equal(makeLocale('zh-CN').format.duration(7_900), '7秒');
  assert.equal(format.percent(0.8), '80%');
  assert.equal(format.timeOfDay(0), '08:00:00');
});

test('back-off grows to a limit and always keeps half of itself', () => {
  assert.deepEqual([0, 1, 2, 9].map((tries) => backoffMs(tries, () => 1)), [500, 1000, 2000, 15_000]);
  assert.equal(backoffMs(1000, () => 0), 7_500);
});
