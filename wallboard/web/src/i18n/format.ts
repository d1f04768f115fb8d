// Numbers, durations and times, by the browser's own Intl. Formatters are made once: making one costs as much as a
// thousand uses.

export interface Format {
  count(value: number): string;
  points(value: number): string; // a mean of answers: one decimal
  percent(ratio: number, digits?: number): string;
  clock(ms: number): string; // a duration as digits: 0:48, 4:32, 1:04:32; from two days on in days
  duration(ms: number): string; // a duration in words: 7 s, 3 min, 2 h
  time(ms: number): string; // an instant, hours and minutes
  timeOfDay(ms: number): string; // an instant, with seconds
  zone(ms: number): string;
  date(ms: number): string; // weekday, day and month
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function makeFormat(language: string, timeZone?: string): Format {
  const number = new Intl.NumberFormat(language);
  const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2 });
  const percents = [0, 1].map(
    (digits) => new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const unit = (name: string) => new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' });
  const units = { second: unit('second'), minute: unit('minute'), hour: unit('hour'), day: unit('day') };
  const zoned = timeZone === undefined ? {} : { timeZone };
  const cycle = { hourCycle: 'h23' } as const;
  const hm = new Intl.DateTimeFormat(language, { ...zoned, ...cycle, hour: '2-digit', minute: '2-digit' });
  const hms = new Intl.DateTimeFormat(language, { ...zoned, ...cycle, hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const zone = new Intl.DateTimeFormat(language, { ...zoned, timeZoneName: 'short' });
  const date = new Intl.DateTimeFormat(language, { ...zoned, weekday: 'long', day: 'numeric', month: 'long' });

  return {
    count: (value) => number.format(value),
    points: (value) => tenths.format(value),
    percent: (ratio, digits = 0) => percents[digits === 0 ? 0 : 1]!.format(ratio),
    clock(ms) {
      const seconds = Math.max(0, Math.floor(ms / SECOND));
      const minutes = Math.floor(seconds / 60);
      const hours = Math.floor(minutes / 60);
      if (hours >= 48) return units.day.format(Math.floor(hours / 24));
      if (hours > 0) return `${hours}:${two.format(minutes % 60)}:${two.format(seconds % 60)}`;
      return `${minutes}:${two.format(seconds % 60)}`;
    },
    duration(ms) {
      if (ms < 2 * MINUTE) return units.second.format(Math.max(0, Math.floor(ms / SECOND)));
      if (ms < 2 * HOUR) return units.minute.format(Math.floor(ms / MINUTE));
      if (ms < 2 * DAY) return units.hour.format(Math.floor(ms / HOUR));
      return units.day.format(Math.floor(ms / DAY));
    },
    time: (ms) => hm.format(ms),
    timeOfDay: (ms) => hms.format(ms),
    date: (ms) => date.format(ms),
    zone: (ms) => zone.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '',
  };
}
