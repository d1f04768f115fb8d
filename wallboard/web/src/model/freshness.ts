// How far the numbers on the screen can be trusted. Four states, each drawn differently:
//   loading  nothing has ever arrived: there are no numbers to show
//   live     connected, and the aggregator gave a sign of life a moment ago
//   stale    connected to the server, but what it sends is old, or the aggregator takes no events in
//   cut      no connection
// A reload, or a server restarting, is back within a few seconds; the grace keeps that from flashing at the floor.

export const GRACE_MS = 3_000;

export type Phase = 'loading' | 'live' | 'stale' | 'cut';

// silent: not heard; stuck: heard, but its engine stands; clock: its wall clock was set back, its time stands still
export type Trouble = 'silent' | 'stuck' | 'clock';

export interface Signs {
  connected: boolean;
  complete: boolean; // something to show has arrived at least once
  lostAtMs: number | null; // monotonic: when the connection was lost, or the page began; null while connected
  serverHeardMs: number | null; // monotonic: the server's last tick
  stall: { sinceMs: number; ageMs: number; heardMs: number } | null; // the aggregator's disk is full: since when, and how long ago that was when told
  data: { ageMs: number; heardMs: number } | null; // the data's age when last told, and when that was (monotonic)
  why?: Trouble | null; // the server's word on the aggregator
}

export interface Freshness {
  phase: Phase;
  ageMs: number | null; // of the data; null while loading
  culprit: 'aggregator' | 'engine' | 'clock' | 'server' | 'network' | 'disk' | null; // who is silent, stands still, or is full
  sinceMs?: number; // of a full disk: the time of day up to which the numbers are right
}

export function ageMs(signs: Signs, nowMs: number): number | null {
  return signs.data === null ? null : Math.max(0, signs.data.ageMs + nowMs - signs.data.heardMs);
}

function standsStill({ why }: Signs): Freshness['culprit'] {
  return why === 'clock' ? 'clock' : why === 'stuck' ? 'engine' : 'aggregator';
}

export function judge(signs: Signs, nowMs: number): Freshness {
  const age = ageMs(signs, nowMs);
  const lost = signs.lostAtMs !== null && nowMs - signs.lostAtMs > GRACE_MS;
  if (!signs.complete || age === null) return { phase: 'loading', ageMs: null, culprit: lost ? 'network' : signs.connected ? 'aggregator' : null };
  if (lost) return { phase: 'cut', ageMs: age, culprit: 'network' };
  if (age > GRACE_MS && signs.connected) {
    const heardLately = signs.serverHeardMs !== null && nowMs - signs.serverHeardMs <= GRACE_MS;
    return { phase: 'stale', ageMs: age, culprit: heardLately ? standsStill(signs) : 'server' };
  }
  if (signs.stall) {
    const { sinceMs, ageMs, heardMs } = signs.stall;
    return { phase: 'stale', ageMs: ageMs + nowMs - heardMs, culprit: 'disk', sinceMs };
  }
  return { phase: 'live', ageMs: age, culprit: null };
}
