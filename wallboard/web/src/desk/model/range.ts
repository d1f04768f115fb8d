// Ranges of time, in what steps they are looked at, and what they are compared to.
import type { Calendar } from './calendar';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const POINTS_WANTED = 200;
const POINTS_MAX = 3_000; // a chart shows no more, and a table of more is read by nobody

export interface Range {
  fromMs: number;
  toMs: number;
}

export const PRESETS = ['today', 'yesterday', 'days7', 'month', 'own'] as const;
export type Preset = (typeof PRESETS)[number];

export const STEPS_MIN = [1, 5, 15, 30, 60, 1440] as const;
export type StepMin = (typeof STEPS_MIN)[number];

export const COMPARISONS = { none: 0, day: 1, week: 7 } as const;
export type Comparison = keyof typeof COMPARISONS;

// presetRange -- today ends with the quarter of an hour under way; the other presets are whole days of the zone.
export function presetRange(preset: Exclude<Preset, 'own'>, nowMs: number, calendar: Calendar): Range {
  const today = calendar.startOfDay(nowMs);
  const quarter = 15 * MINUTE_MS;
  const toMs = Math.max(today + quarter, Math.ceil(nowMs / quarter) * quarter);
  if (preset === 'today') return { fromMs: today, toMs };
  if (preset === 'yesterday') return { fromMs: calendar.addDays(today, -1), toMs: today };
  if (preset === 'days7') return { fromMs: calendar.addDays(today, -6), toMs };
  return { fromMs: calendar.startOfMonth(nowMs), toMs };
}

// readRange -- what an address says: a preset's name, or own bounds. Bounds that make no sense: today.
export function readRange(at: Record<string, string>, nowMs: number, calendar: Calendar, usual: Exclude<Preset, 'own'> = 'today'): Range & { preset: Preset } {
  const preset = PRESETS.find((one) => one === at.range) ?? usual;
  if (preset !== 'own') return { preset, ...presetRange(preset, nowMs, calendar) };
  const [fromMs, toMs] = [Date.parse(at.from ?? ''), Date.parse(at.to ?? '')];
  if (!(toMs - fromMs >= MINUTE_MS) || fromMs < 0) return { preset: usual, ...presetRange(usual, nowMs, calendar) };
  return { preset, fromMs: Math.floor(fromMs / MINUTE_MS) * MINUTE_MS, toMs: Math.ceil(toMs / MINUTE_MS) * MINUTE_MS };
}

export function ownRange({ fromMs, toMs }: Range): Record<string, string> {
  const text = (ms: number) => new Date(ms).toISOString().slice(0, 16) + 'Z';
  return { range: 'own', from: text(Math.floor(fromMs / MINUTE_MS) * MINUTE_MS), to: text(Math.ceil(toMs / MINUTE_MS) * MINUTE_MS) };
}

export function stepsFor({ fromMs, toMs }: Range): StepMin[] {
  const minutes = (toMs - fromMs) / MINUTE_MS;
  return STEPS_MIN.filter((step) => minutes / step <= POINTS_MAX && (minutes / step >= 2 || step === 1));
}

export function stepOf(range: Range, asked: string | undefined): StepMin {
  const allowed = stepsFor(range);
  const minutes = (range.toMs - range.fromMs) / MINUTE_MS;
  const usual = allowed.find((step) => minutes / step <= POINTS_WANTED) ?? allowed[allowed.length - 1] ?? 1440;
  return allowed.find((step) => String(step) === asked) ?? usual;
}

export interface Segment extends Range {
  stepMs: number;
}

// segments -- the questions that a range is asked by, since a step counts from a question's beginning and is always
// equally long: days begin at the zone's midnight also where a day before had 23 hours, so such a day is asked by itself.
export function segments({ fromMs, toMs }: Range, step: StepMin, calendar: Calendar): Segment[] {
  if (step !== 1440) return [{ fromMs, toMs, stepMs: step * MINUTE_MS }];
  const found: Segment[] = [];
  for (let at = fromMs; at < toMs; ) {
    const next = Math.min(calendar.addDays(calendar.startOfDay(at), 1), toMs);
    const last = found[found.length - 1];
    if (last && last.stepMs === next - at && last.stepMs === DAY_MS) last.toMs = next;
    else found.push({ fromMs: at, toMs: next, stepMs: next - at });
    at = next;
  }
  return found;
}

export function shifted({ fromMs, toMs }: Range, days: number, calendar: Calendar): Range {
  return { fromMs: calendar.addDays(fromMs, -days), toMs: calendar.addDays(toMs, -days) };
}

export interface Point {
  from_us: number;
  to_us: number;
  value: number | null;
  n?: number;
  lo?: number | null;
  hi?: number | null;
}

export interface Row {
  fromMs: number;
  toMs: number;
  point: Point;
  earlier: Point | null; // at the same time of day, that many days before
}

// pair -- each point with the one at the same time of day so many days before.
export function pair(points: Point[], earlier: Point[], days: number, calendar: Calendar): Row[] {
  const before = new Map(earlier.map((point) => [calendar.addDays(point.from_us / 1000, days), point]));
  return points.map((point) => {
    const fromMs = point.from_us / 1000;
    return { fromMs, toMs: point.to_us / 1000, point, earlier: before.get(fromMs) ?? null };
  });
}
