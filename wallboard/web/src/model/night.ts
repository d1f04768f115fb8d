// Hours of the night, in which a wall is dimmed, and the slow walk of its pixels.
import type { Night } from './board';

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

function minuteOfDay(ms: number, zone: string | undefined): number {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en', zone === undefined ? options : { ...options, timeZone: zone });
  } catch {
    format = new Intl.DateTimeFormat('en', options); // a zone this browser does not know: the display's own
  }
  return minutesOf(format.format(ms));
}

// brightnessAt -- 1 by day; from `from` up to `to`, past midnight too, what the night says.
export function brightnessAt(night: Night | undefined, ms: number): number {
  if (night === undefined) return 1;
  const now = minuteOfDay(ms, night.zone);
  const from = minutesOf(night.from);
  const to = minutesOf(night.to);
  const inside = from <= to ? now >= from && now < to : now >= from || now < to;
  return inside ? night.brightness : 1;
}

const STEP = 2; // pixels
const WALK = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]] as const;

// driftAt -- another place every minute, never further off than the margin around the board.
export function driftAt(ms: number): { x: number; y: number } {
  const [x, y] = WALK[Math.floor(ms / 60_000) % WALK.length]!;
  return { x: x * STEP, y: y * STEP };
}
