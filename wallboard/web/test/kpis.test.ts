import assert from 'node:assert/strict';
import test from 'node:test';
import type { KpiItem } from '../src/model/items';
import { Catalogue, nothingCounted, variantOf, type Kpi } from '../src/model/kpis';

const row = (key: Kpi['key'], variants: Record<string, string> = {}): Kpi => ({
  key, form: 'ratio', windows: ['m15'], name: { en: 'N', 'zh-CN': '名' }, help: { en: 'H', 'zh-CN': '释' }, formula: 'A', source: 'S', variants,
});

test('the catalogue is asked for when wanted, once, and again only where that failed', async () => {
  let asked = 0;
  let frames = 0;
  const answers: (() => { kpis: Kpi[] })[] = [
    () => {
      throw new Error('away');
    },
    () => ({ kpis: [row('csat')] }),
  ];
  const catalogue = new Catalogue(async () => answers[asked++]!(), () => void frames++);
  assert.deepEqual([catalogue.find('csat'), asked], [undefined, 0]);
  await catalogue.want();
  assert.deepEqual([catalogue.find('csat'), asked, frames], [undefined, 1, 0]);
  await Promise.all([catalogue.want(), catalogue.want()]);
  assert.equal(catalogue.find('csat')?.formula, 'A');
  await catalogue.want();
  assert.deepEqual([asked, frames], [2, 1]);
});

test('a variant is named where it is not the default', () => {
  const item = { variants: { service_level: 'answered', abandon_rate: 'default', fcr: 'survey' } } as KpiItem;
  assert.equal(variantOf(row('service_level', { default: 'A', answered: 'B' }), item), 'answered');
  assert.equal(variantOf(row('abandon_rate', { default: 'A', raw: 'B' }), item), null);
  assert.equal(variantOf(row('fcr_matured', { repeat: 'A', survey: 'B' }), item), 'survey');
  assert.equal(variantOf(row('service_level', { default: 'A', answered: 'B' }), {} as KpiItem), null);
  assert.equal(variantOf(row('csat'), item), null);
});

test('a number is absent because nothing was counted, or for another reason', () => {
  assert.deepEqual([null, { value: null, n: 0 }, { mean: null, n: 0, tier: null }].map(nothingCounted), [true, true, true]);
  assert.deepEqual([0, undefined, { value: null, n: 3 }, { yes: 0, no: 0 }].map(nothingCounted), [false, false, false, false]);
});
