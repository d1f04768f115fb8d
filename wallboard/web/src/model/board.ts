// A board: which tiles stand where. The server has checked what it sends; this reads it without trusting it all the same,
// since a display must show something: what is not understood is left out, what is missing gets the usual value.
import type { Language } from '../i18n';
import { WINDOWS, type AgentState, type Window } from './items';

export type Text = string | Partial<Record<Language, string>>;

export const KINDS = ['number', 'goal', 'gauge', 'trend', 'queues', 'agents', 'abandoned', 'top', 'causes', 'rater', 'text', 'clock', 'alerts'] as const;
export type Kind = (typeof KINDS)[number];
export type Scope = 'all' | 'queue' | 'group' | 'agent';
export type BoardTheme = 'dark' | 'light' | 'auto';
export type Palette = 'default' | 'colour-blind' | 'red-up';

export interface Night {
  from: string; // HH:MM
  to: string;
  zone?: string;
  brightness: number; // 0.1 to 1
}

export interface Tile {
  id: string;
  kind: Kind | 'unknown';
  x: number; // cells
  y: number;
  w: number;
  h: number;
  title?: Text;
  scope: Scope;
  name: string;
  channel?: string;
  kpi: string;
  more: string[];
  window?: Window | 'now';
  goal?: number; // in the KPI's own unit: a share, ms, a count
  warning?: number;
  alert?: number;
  better?: 'high' | 'low';
  hysteresis?: number;
  columns: string[];
  sort?: string;
  queues?: string[];
  group?: string;
  queue?: string;
  states?: AgentState[];
  limit?: number;
  of: 'queue' | 'agent';
  order?: 'high' | 'low';
  text?: Text;
  zone?: string;
  seconds: boolean;
}

export interface Board {
  id: string;
  title: Text;
  columns: number;
  rows: number;
  theme: BoardTheme;
  palette: Palette;
  next?: string;
  nextMs: number;
  night?: Night;
  drift: boolean;
  sound: boolean;
  tiles: Tile[];
}

const TILES_MAX = 60;
const CELLS_MAX = 48;
const QUEUE_COLUMNS = ['waiting', 'longest_wait_since_us', 'service_level', 'abandon_rate', 'answered', 'agents.available'];

type Fields = Record<string, unknown>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

const aText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const aNumber = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const texts = (value: unknown): string[] | undefined => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined);

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

function within(value: unknown, least: number, most: number, usual: number): number {
  const number = aNumber(value);
  return number === undefined ? usual : Math.min(most, Math.max(least, number));
}

function aWording(value: unknown): Text | undefined {
  if (typeof value === 'string') return value;
  const { en, 'zh-CN': zh } = fieldsOf(value);
  return aText(en) || aText(zh) ? (value as Text) : undefined;
}

// some -- the fields that are there: the type knows "absent", not "undefined".
function some<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function readTile(value: unknown, at: number, columns: number, rows: number): Tile {
  const f = fieldsOf(value);
  const cell = (field: unknown, usual: number) => Math.round(within(field, 0, CELLS_MAX, usual));
  const x = Math.min(columns - 1, cell(f.x, 0));
  const y = Math.min(rows - 1, cell(f.y, 0));
  return {
    id: aText(f.id) ?? `t${at + 1}`,
    kind: oneOf(f.kind, KINDS) ?? 'unknown',
    x,
    y,
    w: Math.max(1, Math.min(columns - x, cell(f.w, 1))),
    h: Math.max(1, Math.min(rows - y, cell(f.h, 1))),
    scope: oneOf(f.scope, ['queue', 'group', 'agent'] as const) ?? 'all',
    name: aText(f.name) ?? '',
    kpi: aText(f.kpi) ?? '',
    more: (texts(f.more) ?? []).slice(0, 3),
    columns: texts(f.columns) ?? QUEUE_COLUMNS,
    of: f.of === 'agent' ? 'agent' : 'queue',
    seconds: f.seconds !== false,
    ...some<Partial<Tile>>({
      title: aWording(f.title),
      channel: f.channel === 'all' ? undefined : aText(f.channel),
      window: oneOf(f.window, [...WINDOWS, 'now'] as const),
      goal: aNumber(f.goal),
      warning: aNumber(f.warning),
      alert: aNumber(f.alert),
      better: oneOf(f.better, ['high', 'low'] as const),
      hysteresis: aNumber(f.hysteresis),
      sort: aText(f.sort),
      queues: texts(f.queues),
      group: aText(f.group),
      queue: aText(f.queue) ?? (f.scope === 'queue' ? aText(f.name) : undefined),
      states: texts(f.states) as AgentState[] | undefined,
      limit: f.limit === undefined ? undefined : within(f.limit, 1, 100, 10),
      order: oneOf(f.order, ['high', 'low'] as const),
      text: aWording(f.text),
      zone: aText(f.zone),
    }),
  };
}

function readNight(value: unknown): Night | undefined {
  const f = fieldsOf(value);
  const from = aText(f.from);
  const to = aText(f.to);
  if (from === undefined || to === undefined) return undefined;
  return { from, to, brightness: within(f.brightness, 0.1, 1, 0.4), ...some<Partial<Night>>({ zone: aText(f.zone) }) };
}

// readBoard -- null for what is no board at all.
export function readBoard(value: unknown): Board | null {
  const f = fieldsOf(value);
  const id = aText(f.id);
  if (id === undefined || !Array.isArray(f.tiles)) return null;
  const columns = Math.round(within(f.columns, 1, CELLS_MAX, 12));
  const rows = Math.round(within(f.rows, 1, CELLS_MAX, 8));
  return {
    id,
    title: aWording(f.title) ?? id,
    columns,
    rows,
    theme: oneOf(f.theme, ['light', 'auto'] as const) ?? 'dark',
    palette: oneOf(f.palette, ['colour-blind', 'red-up'] as const) ?? 'default',
    nextMs: 1000 * within(f.next_s, 5, 86_400, 30),
    drift: f.drift === true,
    sound: f.sound === true,
    tiles: f.tiles.slice(0, TILES_MAX).map((tile, at) => readTile(tile, at, columns, rows)),
    ...some<Partial<Board>>({ next: aText(f.next), night: readNight(f.night) }),
  };
}

// textIn -- in the language asked for, else in another one.
export function textIn(text: Text, language: Language): string {
  return typeof text === 'string' ? text : (text[language] ?? text.en ?? text['zh-CN'] ?? '');
}
