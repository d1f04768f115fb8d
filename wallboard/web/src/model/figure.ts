// One number out of an item, by the key a tile names it with: `service_level`, `left.timeout`, `agents.available`.
import { betterFor, unitFor, type Unit } from './units';
import type { KpiItem } from './items';

export type { Unit } from './units';

export interface Figure {
  value: number | null; // null: nothing to say, a dash
  n: number | null; // where the number is worked out from a count
  lo: number | null; // 95 % interval
  hi: number | null;
  unit: Unit;
}

export const NOTHING: Figure = { value: null, n: null, lo: null, hi: null, unit: 'count' };

const MOMENT = ['waiting', 'longest_wait_since_us', 'agents', 'ewt_ms'];

export const unitOf = (kpi: string): Unit => unitFor(rootOf(kpi), kpi.includes('.'));
export const betterOf = (kpi: string): 'high' | 'low' => betterFor(kpi);
export const rootOf = (kpi: string): string => kpi.split('.', 1)[0]!;
export const partOf = (kpi: string): string | null => (kpi.includes('.') ? kpi.slice(kpi.indexOf('.') + 1) : null);
export const isMoment = (kpi: string): boolean => MOMENT.includes(rootOf(kpi));

const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

// figureOf -- what the item says of it.
export function figureOf(item: KpiItem | null, kpi: string): Figure {
  const unit = unitOf(kpi);
  const value: unknown = item === null ? null : (item as unknown as Record<string, unknown>)[rootOf(kpi)];
  if (typeof value !== 'object' || value === null) return { ...NOTHING, unit, value: awaited(item, kpi, number(value)) };
  const parts = value as Record<string, unknown>;
  const n = number(parts.n);
  const part = partOf(kpi);
  if (part !== null) return { ...NOTHING, unit, n, value: number(parts[part]) ?? missingPart(kpi) };
  if ('value' in parts || 'mean' in parts) return { unit, n, value: number(parts.value ?? parts.mean), lo: number(parts.lo), hi: number(parts.hi) };
  return { ...NOTHING, unit, n, value: whole(rootOf(kpi), parts) };
}

// awaited -- nobody has waited longest while nobody waits.
function awaited(item: KpiItem | null, kpi: string, value: number | null): number | null {
  return kpi === 'longest_wait_since_us' && item?.waiting === 0 ? null : value;
}

// missingPart -- a reason that was never given is not sent: it was given 0 times.
function missingPart(kpi: string): number | null {
  return ['left', 'agents'].includes(rootOf(kpi)) ? 0 : null;
}

// whole -- what a number of several parts means where one number is asked for.
function whole(kpi: string, parts: Record<string, unknown>): number | null {
  const values = Object.entries(parts).filter(([key]) => key !== 'n' && !(kpi === 'agents' && key === 'offline'));
  const numbers = values.map(([, value]) => number(value)).filter((value): value is number => value !== null);
  if (kpi === 'complaints') return number(parts.opened);
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (kpi === 'rater') return numbers.length === 0 ? null : sum / numbers.length;
  return sum;
}

// amountAt -- the value that thresholds are about: of an instant, how long ago that is.
export function amountAt(figure: Figure, nowMs: number | null): number | null {
  if (figure.unit !== 'instant') return figure.value;
  return figure.value === null || nowMs === null ? null : Math.max(0, nowMs - figure.value / 1000);
}
