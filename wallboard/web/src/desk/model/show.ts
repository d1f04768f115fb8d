// Numbers of every kind as words of a language. What the shared Format has is taken from there.
import type { Locale } from '../../i18n';
import type { Kind } from './figure';

const DAY_MS = 86_400_000;

export interface Show {
  value(kind: Kind, value: number | null): string;
  change(kind: Kind, value: number | null, before: number | null): string;
  date(ms: number): string;
  moment(ms: number): string; // hours and minutes; with the date when it was not today
  stamp(ms: number): string; // date, hours, minutes
  seconds(ms: number): string; // hours, minutes, seconds; with the date when it was not today
}

export function makeShow({ language, text, format }: Locale, todayMs: () => number, timeZone?: string): Show {
  const zone = timeZone === undefined ? {} : { timeZone };
  const date = new Intl.DateTimeFormat(language, { ...zone, month: 'short', day: 'numeric' });
  const stamp = new Intl.DateTimeFormat(language, { ...zone, hourCycle: 'h23', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  const points = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const score = new Intl.NumberFormat(language, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
  const change = new Intl.NumberFormat(language, { maximumFractionDigits: 1, signDisplay: 'exceptZero' });
  const isToday = (ms: number) => ms >= todayMs() && ms < todayMs() + DAY_MS;

  const show: Show = {
    value(kind, value) {
      if (value === null || !Number.isFinite(value)) return text.dash;
      if (kind === 'percent') return format.percent(value, 1);
      if (kind === 'ms') return format.clock(Math.round(value / 1000) * 1000);
      if (kind === 'points') return points.format(value);
      if (kind === 'score') return score.format(value);
      return format.count(value);
    },
    change(kind, value, before) {
      if (value === null || before === null) return text.dash;
      const by = value - before;
      if (kind === 'percent') return `${change.format(by * 100)} pp`;
      if (kind === 'ms') return `${by < 0 ? '−' : '+'}${format.clock(Math.abs(Math.round(by / 1000) * 1000))}`;
      return change.format(by);
    },
    date: (ms) => date.format(ms),
    moment: (ms) => (isToday(ms) ? format.time(ms) : stamp.format(ms)),
    stamp: (ms) => stamp.format(ms),
    seconds: (ms) => (isToday(ms) ? format.timeOfDay(ms) : `${date.format(ms)} ${format.timeOfDay(ms)}`),
  };
  return show;
}
