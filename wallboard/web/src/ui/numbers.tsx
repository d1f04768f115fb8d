// The small parts that numbers are drawn with.
import type { Ratio } from '../model/items';
import type { Level } from '../model/status';
import { usePage } from './context';

// Digits -- the only thing that moves on a page.
export function Digits({ text, class: name = '' }: { text: string; class?: string }) {
  return <b class={`digits ${name}`}>{text}</b>;
}

interface PercentProps {
  ratio: Ratio | undefined;
  level?: Level;
  digits?: number;
  fine?: boolean; // a small share, where tenths matter: 2.4 %, but 24 %
}

export function Percent({ ratio, level = 0, digits = 0, fine = false }: PercentProps) {
  const { text, format } = usePage().locale;
  const value = ratio?.value ?? null;
  return <Digits class={`at-${level}`} text={value === null ? text.dash : format.percent(value, fine && value > 0 && value < 0.0995 ? 1 : digits)} />;
}

export function Counted({ ratio }: { ratio: Ratio | undefined }) {
  const { text, format } = usePage().locale;
  return <small class="n">{text.tile.n(format.count(ratio?.n ?? 0))}</small>;
}

interface BarProps {
  value: number | null; // shares of the bar, 0 to 1
  lo: number | null;
  hi: number | null;
  goal: number | null;
  level: Level;
}

// Bar -- the value as a bar, its 95 % interval as a lighter band, the goal as a thin mark.
export function Bar({ value, lo, hi, goal, level }: BarProps) {
  const at = (share: number) => 1000 * Math.min(1, Math.max(0, share));
  return (
    <svg class={`goal-bar at-${level}`} viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="3" width="1000" height="4" />
      {value !== null && <rect class="value" x="0" y="3" width={at(value)} height="4" />}
      {lo !== null && hi !== null && <rect class="interval" x={at(lo)} y="3" width={at(hi) - at(lo)} height="4" />}
      {goal !== null && goal > 0 && <rect class="goal" x={Math.min(996, at(goal) - 2)} y="0" width="4" height="10" />}
    </svg>
  );
}
