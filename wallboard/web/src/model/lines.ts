// One line of a trend tile: what the server stored before the page was opened, then what it sends.
import type { Tile } from './board';
import { amountAt, figureOf, isMoment, rootOf, unitOf, type Unit } from './figure';
import type { KpiItem } from './items';
import { windowOf } from './topics';
import { SAMPLES, Trend } from './trend';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

// How far back, and the width of a stored point, by the tile's window.
const SPANS = { now: 20 * MINUTE_MS, m15: 4 * HOUR_MS, h1: 12 * HOUR_MS, day: 24 * HOUR_MS };
const POINT_MS = { m15: 15 * MINUTE_MS, h1: HOUR_MS, day: 15 * MINUTE_MS };

export interface Question {
  kpi: string;
  owner: Pick<Tile, 'scope' | 'name' | 'channel'>;
  fromMs: number;
  toMs: number;
  stepMs: number;
}

export interface Point {
  to_us: number;
  value: unknown; // a number, a share with its n, null
}

export class Line {
  readonly trend: Trend;
  readonly unit: Unit;
  readonly spanMs: number;
  asked = false; // for its past

  constructor(
    private readonly tile: Tile,
    readonly kpi: string,
  ) {
    this.spanMs = SPANS[windowOf(tile)];
    this.unit = unitOf(kpi);
    this.trend = new Trend(this.spanMs / SAMPLES, isMoment(kpi) ? 'peak' : 'last');
  }

  sample(item: KpiItem, nowMs: number): void {
    this.trend.add(amountAt(figureOf(item, this.kpi), nowMs), nowMs);
  }

  // question -- what to ask of the past, in whole steps; null: of this instant's numbers none is stored.
  question(nowMs: number): Question | null {
    const window = windowOf(this.tile);
    if (window === 'now' || isMoment(this.kpi)) return null;
    const stepMs = POINT_MS[window];
    const toMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    return { kpi: this.kpi, owner: this.tile, fromMs: toMs - Math.floor(this.spanMs / stepMs) * stepMs, toMs, stepMs };
  }

  // answer -- each stored point stands where its stretch ends: there the live number said the same.
  answer(points: Point[]): void {
    const values = points.map(({ value }) => (typeof value === 'number' ? value : figureOf({ [rootOf(this.kpi)]: value } as unknown as KpiItem, rootOf(this.kpi)).value));
    this.trend.past(points.map(({ to_us }) => to_us / 1e6), values);
  }
}
