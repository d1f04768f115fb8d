// Days and hours of a time zone, through the browser's own Intl: days of 23 and 25 hours come out as they are.

const DAY_MS = 86_400_000;

export interface Wall {
  year: number;
  month: number; // 1..12
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export class Calendar {
  private readonly parts: Intl.DateTimeFormat;

  constructor(readonly zone?: string) {
    this.parts = new Intl.DateTimeFormat('en-US', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
  }

  wall(ms: number): Wall {
    const found: Record<string, number> = {};
    for (const { type, value } of this.parts.formatToParts(ms)) found[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
    return { year, month, day, hour, minute, second };
  }

  // offsetMs -- how far the zone's clocks are ahead of UTC at that instant.
  offsetMs(ms: number): number {
    const whole = Math.floor(ms / 1000) * 1000;
    return asUtc(this.wall(whole)) - whole;
  }

  // instant -- when a clock of the zone shows this; of a time that is shown twice the first, of one that is left out
  // as much later as clocks are put forward.
  instant(wall: Wall): number {
    const utc = asUtc(wall);
    const [before, after] = [utc - this.offsetMs(utc - DAY_MS), utc - this.offsetMs(utc + DAY_MS)];
    return [before, after].find((ms) => this.offsetMs(ms) === utc - ms) ?? before;
  }

  startOfDay(ms: number): number {
    return this.instant({ ...this.wall(ms), hour: 0, minute: 0, second: 0 });
  }

  // addDays -- the same time of day, that many days later.
  addDays(ms: number, days: number): number {
    const wall = this.wall(ms);
    return this.instant({ ...wall, day: wall.day + days }) + (ms - Math.floor(ms / 1000) * 1000);
  }

  startOfMonth(ms: number): number {
    return this.instant({ ...this.wall(ms), day: 1, hour: 0, minute: 0, second: 0 });
  }

  // iso -- 2026-03-29T01:30:00+01:00
  iso(ms: number): string {
    const offset = this.offsetMs(ms);
    const local = new Date(ms + offset).toISOString().slice(0, 19);
    if (offset === 0) return `${local}Z`;
    const minutes = Math.abs(offset) / 60_000;
    return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}`;
  }

  // local -- as a browser's field of date and time takes it: 2026-03-29T01:30
  local(ms: number): string {
    return new Date(ms + this.offsetMs(ms)).toISOString().slice(0, 16);
  }

  fromLocal(text: string): number | null {
    const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
    if (!found) return null;
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = found.slice(1).map(Number);
    return this.instant({ year, month, day, hour, minute, second: 0 });
  }
}

function asUtc({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
