// What numbers and tiles are called and how they are written, in the page's language.
import type { Locale } from '../i18n';
import { textIn, type Tile } from '../model/board';
import { partOf, rootOf, type Figure } from '../model/figure';
import type { Alert, AgentState, KpiKey } from '../model/items';
import type { Catalogue } from '../model/kpis';
import { windowOf } from '../model/topics';

export function kpiName(kpi: string, { text, language }: Locale, catalogue: Catalogue): string {
  const name = catalogue.find(rootOf(kpi) as KpiKey)?.name[language] ?? '';
  const part = partOf(kpi);
  if (part === null) return name;
  const word = text.agent[part as AgentState] ?? text.part[part] ?? part;
  return rootOf(kpi) === 'agents' ? word[0]!.toUpperCase() + word.slice(1) : text.ofKpi(name, word);
}

const LISTS = { queues: true, agents: true, abandoned: true, alerts: true } as const;

// titleOf -- what the board says, else what the tile shows and of whom.
export function titleOf(tile: Tile, locale: Locale, catalogue: Catalogue): string {
  const { text, language } = locale;
  if (tile.title !== undefined) return textIn(tile.title, language);
  if (tile.kind in LISTS) {
    const name = { queues: text.queues, agents: text.agents, abandoned: text.abandonedList.title, alerts: text.alerts.title }[tile.kind as keyof typeof LISTS];
    const owner = tile.queue ?? tile.group;
    return owner === undefined ? name : text.ofOwner(name, owner);
  }
  if (tile.kind === 'text' || tile.kind === 'unknown') return '';
  if (tile.kind === 'clock') return tile.zone === undefined ? '' : tile.zone.split('/').pop()!.replace(/_/g, ' ');
  const kpi = kpiName(tile.kind === 'causes' || tile.kind === 'rater' ? tile.kind : tile.kpi, locale, catalogue);
  if (tile.kind === 'top') return text.top(kpi, tile.of);
  return tile.scope === 'all' ? kpi : text.ofOwner(kpi, tile.name);
}

// written -- a figure as its digits; an instant counts by itself and is not written here.
export function written({ value, unit }: Figure, { text, format }: Locale): string {
  if (value === null) return text.dash;
  if (unit === 'ratio') return format.percent(value, value > 0 && value < 1 ? 1 : 0);
  if (unit === 'ms') return format.clock(value);
  return unit === 'points' ? format.points(value) : format.count(value);
}

// limitWritten -- a threshold or goal in the unit of its KPI.
export function limitWritten(value: number, unit: Figure['unit'], { format }: Locale): string {
  if (unit === 'ratio') return format.percent(value, Number.isInteger(Math.round(value * 1000) / 10) ? 0 : 1);
  if (unit === 'ms' || unit === 'instant') return format.duration(value);
  return format.count(value);
}

export function windowWord(tile: Tile, { text }: Locale): string {
  return text.window[windowOf(tile)];
}

export function alertTitle(alert: Alert, locale: Locale, catalogue: Catalogue): string {
  const title = textIn(alert.title ?? '', locale.language);
  const kpi = title === '' ? kpiName(alert.kpi, locale, catalogue) : title;
  return alert.scope === 'all' || kpi.includes(alert.name) ? kpi : locale.text.ofOwner(kpi, alert.name);
}
