// What deserves a glance: three levels, worked out from the numbers on the tile itself, never from hidden ones.
//   service level   below its goal: warn; the whole 95 % interval below it, hence not chance: alert
//   longest wait    above the threshold: warn; above three times the threshold: alert
// A level rises after RISE_MS and falls after FALL_MS of being steadily so, which keeps tiles from flickering.
import type { KpiItem } from './items';

export type Level = 0 | 1 | 2;
export const OK: Level = 0;
export const WARN: Level = 1;
export const ALERT: Level = 2;

const RISE_MS = 2_000;
const FALL_MS = 10_000;
const ALERT_FACTOR = 3;

export interface Levels {
  service: Level;
  wait: Level;
}

export function serviceLevelOf(item: KpiItem): Level {
  const ratio = item.service_level;
  if (!ratio || ratio.value === null || !(item.goal > 0)) return OK;
  if (ratio.hi !== null && ratio.hi < item.goal) return ALERT;
  return ratio.value < item.goal ? WARN : OK;
}

export function waitOf(item: KpiItem, nowMs: number): Level {
  if (item.longest_wait_since_us === null || item.waiting === 0) return OK;
  const waitMs = nowMs - item.longest_wait_since_us / 1000;
  if (waitMs > ALERT_FACTOR * item.threshold_ms) return ALERT;
  return waitMs > item.threshold_ms ? WARN : OK;
}

// Steady -- one level with its memory: for each of WARN and ALERT, since when the raw level has been at least that
// without a break, and when it last was.
export class Steady {
  private shown: Level | null = null;
  private readonly sinceMs: (number | null)[] = [null, null, null];
  private readonly lastMs: number[] = [0, 0, 0];

  update(level: Level, nowMs: number): Level {
    for (const at of [WARN, ALERT]) this.note(at, level >= at, nowMs);
    if (this.shown === null) this.shown = level;
    else this.shown = [ALERT, WARN].find((at) => this.holds(at, nowMs)) ?? OK;
    return this.shown;
  }

  private note(at: Level, reached: boolean, nowMs: number): void {
    if (!reached) this.sinceMs[at] = null;
    else {
      this.sinceMs[at] ??= nowMs;
      this.lastMs[at] = nowMs;
    }
  }

  private holds(at: Level, nowMs: number): boolean {
    const since = this.sinceMs[at] ?? null;
    if (this.shown !== null && this.shown >= at) return nowMs - (this.lastMs[at] ?? 0) < FALL_MS;
    return since !== null && nowMs - since >= RISE_MS;
  }
}

export class QueueStatus {
  fresh = true; // nothing was judged yet
  private readonly service = new Steady();
  private readonly wait = new Steady();

  update(item: KpiItem, nowMs: number): Levels {
    this.fresh = false;
    return {
      service: this.service.update(serviceLevelOf(item), nowMs),
      wait: this.wait.update(waitOf(item, nowMs), nowMs),
    };
  }
}

export function worst(levels: Levels): Level {
  return Math.max(levels.service, levels.wait) as Level;
}
