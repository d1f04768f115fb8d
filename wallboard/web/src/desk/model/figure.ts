// Any number of an item by its path: a KPI's key, or one of its parts ("left.timeout", "rater.empathy"). What kind of
// number it is follows from the form that the KPI table tells.
import { AGENT_STATES, type KpiItem, type KpiKey } from '../../model/items';
import type { Kpi } from '../../model/kpis';

export type Kind = 'count' | 'percent' | 'ms' | 'since' | 'points' | 'score';

const KINDS: Record<string, Kind> = {
  count: 'count', instant: 'since', states: 'count', ms: 'ms', reasons: 'count', ratio: 'percent', time_share: 'percent', state_times: 'ms',
  mean: 'points', score: 'score', dimensions: 'points', tier: 'points', answers: 'count', cases: 'count', causes: 'count',
};

export const REASONS = ['abandoned', 'timeout', 'key', 'empty', 'full', 'overflow', 'callback', 'transferred', 'withdrawn', 'unknown'] as const;
export const DIMENSIONS = ['reliability', 'assurance', 'tangibles', 'empathy', 'responsiveness'] as const;
export const CAUSES = ['frontline', 'process', 'support'] as const;
const CASES = ['opened', 'open', 'reopened'] as const;
const ANSWERS = ['yes', 'no'] as const;

const PARTS: Record<string, readonly string[]> = {
  states: AGENT_STATES, reasons: REASONS, state_times: AGENT_STATES, dimensions: DIMENSIONS, answers: ANSWERS, cases: CASES, causes: CAUSES,
};

export type Part = (typeof AGENT_STATES)[number] | (typeof REASONS)[number] | (typeof DIMENSIONS)[number] | (typeof CAUSES)[number] | (typeof CASES)[number] | (typeof ANSWERS)[number];

export interface Reading {
  value: number | null;
  n?: number;
  lo?: number | null;
  hi?: number | null;
}

export function keyOf(path: string): KpiKey {
  return path.split('.')[0] as KpiKey;
}

export function partOf(path: string): Part | null {
  return (path.split('.')[1] as Part | undefined) ?? null;
}

export function kindOf(row: Pick<Kpi, 'form'> | undefined): Kind {
  return KINDS[row?.form ?? ''] ?? 'count';
}

// pathsOf -- every single number of a KPI: itself, or its parts.
export function pathsOf(row: Pick<Kpi, 'key' | 'form'>): string[] {
  const parts = PARTS[row.form];
  return parts ? parts.map((part) => `${row.key}.${part}`) : [row.key];
}

export function read(item: KpiItem | null | undefined, path: string): Reading {
  if (!item) return { value: null };
  const whole = (item as unknown as Record<string, unknown>)[keyOf(path)];
  const part = partOf(path);
  if (part === null) return reading(whole);
  if (typeof whole !== 'object' || whole === null) return { value: null };
  const found = reading((whole as Record<string, unknown>)[part] ?? (keyOf(path) === 'left' ? 0 : null));
  const n = (whole as { n?: unknown }).n;
  return typeof n === 'number' ? { ...found, n } : found;
}

function reading(value: unknown): Reading {
  if (typeof value === 'number') return { value };
  if (typeof value !== 'object' || value === null) return { value: null };
  const { value: plain, mean, n, lo, hi } = value as Record<string, number | null | undefined>;
  const found: Reading = { value: plain ?? mean ?? null };
  if (typeof n === 'number') found.n = n;
  if (lo !== undefined && hi !== undefined) Object.assign(found, { lo, hi });
  return found;
}

// isMoment -- a number of this instant, which no stored range has.
export function isMoment(row: Pick<Kpi, 'windows'>): boolean {
  return row.windows.includes('now');
}
