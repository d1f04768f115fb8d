// What can be said of each kind of tile, and what a new one begins with.
import { KINDS, type Kind } from '../../model/board';
import { unitOf } from '../../model/figure';

export const CHANNELS = ['voice', 'chat', 'email', 'sms', 'ticket', 'internal'] as const;
export const STATES = ['available', 'alerting', 'busy', 'hold', 'wrap', 'paused', 'offline'] as const;
export const SCOPES = ['all', 'queue', 'group', 'agent'] as const;
export const TILE_WINDOWS = ['now', 'm15', 'h1', 'day'] as const;

const OWNER = ['scope', 'name', 'channel'];
const LEVELS = ['goal', 'warning', 'alert', 'better', 'hysteresis'];
const NUMBER = ['kpi', ...OWNER, 'window', ...LEVELS];

// In the order of the form.
export const FIELDS: Record<Kind, readonly string[]> = {
  number: NUMBER,
  goal: NUMBER,
  gauge: NUMBER,
  trend: ['kpi', 'more', ...OWNER, 'window', ...LEVELS],
  queues: ['group', 'queues', 'window', 'columns', 'sort'],
  agents: ['scope', 'name', 'states'],
  abandoned: ['scope', 'name', 'limit'],
  top: ['kpi', 'of', 'order', 'limit', 'window'],
  causes: [...OWNER, 'window'],
  rater: [...OWNER, 'window'],
  text: ['text'],
  clock: ['zone', 'seconds'],
  alerts: ['limit'],
};

interface Begin {
  w: number; // twelfths of the board's width, eighths of its height
  h: number;
  fields: Record<string, unknown>;
}

const BEGIN: Record<Kind, Begin> = {
  number: { w: 3, h: 2, fields: { kpi: 'waiting' } },
  goal: { w: 3, h: 2, fields: { kpi: 'service_level', window: 'day' } },
  gauge: { w: 3, h: 2, fields: { kpi: 'occupancy', window: 'day' } },
  trend: { w: 4, h: 2, fields: { kpi: 'waiting' } },
  queues: { w: 6, h: 4, fields: { window: 'm15' } },
  agents: { w: 3, h: 4, fields: {} },
  abandoned: { w: 3, h: 3, fields: {} },
  top: { w: 3, h: 3, fields: { kpi: 'answered', of: 'agent', window: 'day' } },
  causes: { w: 4, h: 2, fields: { window: 'day' } },
  rater: { w: 4, h: 3, fields: { window: 'day' } },
  text: { w: 4, h: 2, fields: {} },
  clock: { w: 2, h: 2, fields: { seconds: true } },
  alerts: { w: 3, h: 3, fields: {} },
};

export const PALETTE = KINDS;

// newTile -- of usual size for the grid; `words` is what a text says at first.
export function newTile(kind: Kind, grid: { columns: number; rows: number }, words: unknown) {
  const { w, h, fields } = BEGIN[kind];
  const cells = (of: number, whole: number, all: number) => Math.max(1, Math.min(all, Math.round((of * all) / whole)));
  return { kind, w: cells(w, 12, grid.columns), h: cells(h, 8, grid.rows), ...usualOf(kind, words), ...fields };
}

// usualOf -- what a kind cannot do without.
export function usualOf(kind: Kind, words: unknown): Record<string, unknown> {
  return kind === 'text' ? { text: words } : { ...BEGIN[kind].fields };
}

export interface Scale {
  factor: number; // what is written times this is what people type
  unit: '%' | 's' | '';
}

// scaleOf -- shares are typed in per cent and durations in seconds.
export function scaleOf(kpi: string): Scale {
  const unit = unitOf(kpi);
  if (unit === 'ratio') return { factor: 100, unit: '%' };
  return unit === 'ms' || unit === 'instant' ? { factor: 1 / 1000, unit: 's' } : { factor: 1, unit: '' };
}

const exact = (value: number): number => Number(value.toPrecision(12)); // 0.07 * 100 is 7

export function shownIn(kpi: string, value: unknown): string {
  return typeof value === 'number' ? String(exact(value * scaleOf(kpi).factor)) : '';
}

export function readIn(kpi: string, typed: string): number | undefined {
  const value = Number(typed);
  return typed.trim() === '' || !Number.isFinite(value) ? undefined : exact(value / scaleOf(kpi).factor);
}
