// A tile's own thresholds. A level is reached at its threshold and left only when the number has come back by the
// hysteresis, and has been back for a while (Steady): a number that wavers around its limit makes no wall flicker.
import { amountAt, betterOf, type Figure } from './figure';
import type { KpiItem } from './items';
import type { Tile } from './board';
import { ALERT, OK, serviceLevelOf, Steady, WARN, waitOf, type Level } from './status';

const HYSTERESIS_SHARE = 0.02; // of the threshold, where the tile names none

export type Limits = Pick<Tile, 'kpi' | 'goal' | 'warning' | 'alert' | 'better' | 'hysteresis'>;

// watched -- whether the tile can have a level at all: then "OK" is worth a word, too.
export function watched(tile: Limits): boolean {
  return tile.warning !== undefined || tile.alert !== undefined || tile.goal !== undefined || usual(tile.kpi);
}

const usual = (kpi: string) => kpi === 'service_level' || kpi === 'longest_wait_since_us';

export class Watch {
  private readonly steady = new Steady();
  private raw: Level = OK;

  constructor(private readonly limits: Limits) {}

  update(item: KpiItem, figure: Figure, nowMs: number): Level {
    this.raw = this.reached(item, figure, nowMs);
    return this.steady.update(this.raw, nowMs);
  }

  private reached(item: KpiItem, figure: Figure, nowMs: number): Level {
    const { warning, alert, goal, kpi } = this.limits;
    if (warning === undefined && alert === undefined) {
      if (goal === undefined && kpi === 'longest_wait_since_us') return waitOf(item, nowMs);
      if (kpi === 'service_level') return serviceLevelOf(goal === undefined ? item : { ...item, goal });
      return this.missed(figure, nowMs);
    }
    const value = amountAt(figure, nowMs);
    if (value === null) return OK;
    if (this.beyond(value, alert, ALERT)) return ALERT;
    return this.beyond(value, warning, WARN) ? WARN : OK;
  }

  // missed -- a goal alone warns, and alerts only where the whole interval has missed it.
  private missed(figure: Figure, nowMs: number): Level {
    const value = amountAt(figure, nowMs);
    if (value === null || !this.beyond(value, this.limits.goal, WARN)) return OK;
    const best = this.low() ? figure.lo : figure.hi;
    return best !== null && this.beyond(best, this.limits.goal, ALERT) ? ALERT : WARN;
  }

  private low(): boolean {
    return (this.limits.better ?? betterOf(this.limits.kpi)) === 'low';
  }

  private beyond(value: number, limit: number | undefined, at: Level): boolean {
    if (limit === undefined) return false;
    const back = this.raw >= at ? (this.limits.hysteresis ?? Math.abs(limit) * HYSTERESIS_SHARE) : 0;
    return this.low() ? value > limit - back : value < limit + back;
  }
}
