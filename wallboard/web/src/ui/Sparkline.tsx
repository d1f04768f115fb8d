// A thin line of the last twenty minutes, without axes: the number beside it says where it stands now.
import { SAMPLES, STEP_MS, type Trend } from '../model/trend';
import { memo } from './memo';

const HEADROOM_MIN = 4; // one waiting contact is not drawn as a mountain
const HEIGHT = 100;

interface Props {
  trend: Trend;
  version: number; // of the trend: what makes this draw anew
  caption: string;
}

export const Sparkline = memo(function Sparkline({ trend, caption }: Props) {
  const { line, area } = pathsOf(trend);
  return (
    <div class="trend" role="img" aria-label={caption}>
      <small>{caption}</small>
      <svg class="line" viewBox={`0 0 ${SAMPLES} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="area" d={area} />
        <path class="stroke" d={line} />
      </svg>
    </div>
  );
});

// pathsOf -- in steps: a queue's length holds until it changes. Where nothing is known the line is broken.
function pathsOf({ times, values, ...trend }: Trend): { line: string; area: string } {
  const top = Math.max(HEADROOM_MIN, ...values.map((value) => value ?? 0));
  const end = times[times.length - 1] ?? 0;
  const xOf = (time: number) => SAMPLES - 1 - Math.round((1000 * (end - time)) / (trend.stepMs ?? STEP_MS));
  let line = '';
  let area = '';
  let before: number | null = null;
  times.forEach((time, i) => {
    const value = values[i] ?? null;
    const x = xOf(time);
    if (value !== null) {
      const y = (HEIGHT * (1 - (0.96 * value) / top)).toFixed(1);
      line += `${before === null ? 'M' : 'L'}${x} ${y}H${x + 1}`;
      area += `${before === null ? `M${x} ${HEIGHT}` : ''}L${x} ${y}H${x + 1}`;
    }
    if (before !== null && (value === null || i === times.length - 1)) area += `L${value === null ? x : x + 1} ${HEIGHT}Z`;
    before = value;
  });
  return { line, area };
}
