// Lines over time, with axes, that zoom: dragging across looks closer, a double click or the button goes back. What it draws
// always stands in a table too, so it is an image to who cannot see it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Kind } from '../model/figure';
import { usePage } from '../../ui/context';
import { useDesk } from './context';

export interface Series {
  name: string;
  values: (number | null)[];
  look: 'main' | 'second' | 'earlier' | 'bad';
}

interface Props {
  label: string;
  times: number[]; // ms
  stepMs: number;
  series: Series[];
  kind: Kind;
  goal?: number | null; // a line across
  onRange?(fromMs: number, toMs: number): void; // the part that was looked closer at shall be the range
}

interface Zoom {
  fromMs: number;
  toMs: number;
}

const COLOURS = { main: '--chart-main', second: '--chart-second', earlier: '--chart-earlier', bad: '--chart-bad' };

export function Chart(props: Props) {
  const { label, times, stepMs, series, onRange, kind, goal } = props;
  const { words, show, theme, calendar } = useDesk();
  const { language, format } = usePage().locale;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const data: uPlot.AlignedData = [times.map((ms) => ms / 1000), ...series.map(({ values }) => values)];
  const first = times[0] ?? 0;

  useEffect(() => {
    const element = box.current!;
    setZoom(null);
    setCursor(null);
    const texts = {
      value: (value: number) => (kind === 'percent' ? format.percent(value) : show.value(kind, value)),
      time: (ms: number, stepS: number) => (stepS >= 86_400 || ms === calendar.startOfDay(ms) ? show.date(ms) : format.time(ms)),
    };
    const end = times[times.length - 1] ?? 0;
    const zoomed = (fromMs: number, toMs: number) => setZoom(fromMs > first || toMs < end ? { fromMs, toMs } : null);
    plot.current = new uPlot(optionsFor(element, props, texts, calendar.zone, zoomed, setCursor), data, element);
    const observer = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [theme, language, kind, series.map(({ name, look }) => name + look).join(), first, stepMs, goal]);

  const key = JSON.stringify(series.map(({ values }) => values));
  useEffect(() => plot.current?.setData(data, zoom === null), [key]);

  const reset = () => {
    plot.current?.setScale('x', { min: first / 1000, max: (times[times.length - 1] ?? first) / 1000 });
    setZoom(null);
  };

  const index = cursor ?? lastKnown(series, times.length);
  return (
    <figure class="chart">
      <figcaption>
        {series.map(({ name, look, values }) => (
          <span key={name} class={`key look-${look}`}>
            {name} <b class="digits">{show.value(kind, index === null ? null : (values[index] ?? null))}</b>
          </span>
        ))}
        {index !== null && times[index] !== undefined && <span class="when">{show.stamp(times[index]!)}</span>}
        <span class="chart-tools">
          {zoom && (
            <button type="button" class="button" onClick={reset}>
              {words.history.reset}
            </button>
          )}
          {zoom && onRange && (
            <button type="button" class="button" onClick={() => onRange(zoom.fromMs, zoom.toMs)}>
              {words.history.closer}
            </button>
          )}
          {!zoom && <small>{words.history.zoomHint}</small>}
        </span>
      </figcaption>
      <div class="plot" role="img" aria-label={label} ref={box} onDblClick={reset} />
    </figure>
  );
}

function lastKnown(series: Series[], count: number): number | null {
  const main = series[0]?.values ?? [];
  for (let i = Math.min(count, main.length) - 1; i >= 0; i--) if (main[i] !== null) return i;
  return null;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(80, element.clientWidth), height: Math.max(80, element.clientHeight) };
}

interface AxisTexts {
  value(value: number): string;
  time(ms: number, stepS: number): string;
}

function optionsFor(
  element: HTMLElement,
  { series, kind, goal, times, stepMs }: Props,
  texts: AxisTexts,
  zone: string | undefined,
  zoomed: (fromMs: number, toMs: number) => void,
  pointed: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `${0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize)}px ${style.fontFamily}`;
  const axis = { stroke: colour('--muted'), font, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const whole = kind === 'count';
  return {
    ...sizeOf(element),
    padding: [12, 24, 0, 0],
    legend: { show: false },
    ...(zone === undefined ? {} : { tzDate: (s: number) => uPlot.tzDate(new Date(s * 1000), zone) }),
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: (plot, min, max) => (plot.data[0].length < 2 ? [(times[0] ?? 0) / 1000, ((times[0] ?? 0) + stepMs) / 1000] : [min, max]) },
      y: { range: (_plot, min, max) => heightOf(kind, min, max, goal ?? null) },
    },
    axes: [
      { ...axis, size: 28, values: (_plot, splits, _axis, _space, stepS) => splits.map((s) => texts.time(s * 1000, stepS)) },
      { ...axis, size: 60, incrs: whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] : incrementsOf(kind), values: (_plot, splits) => splits.map(texts.value) },
    ],
    series: [{}, ...series.map(({ name, look }) => lineOf(name, look, colour))],
    hooks: {
      setCursor: [(plot) => pointed(plot.cursor.idx ?? null)],
      setScale: [(plot, key) => key === 'x' && zoomed((plot.scales.x!.min ?? 0) * 1000, (plot.scales.x!.max ?? 0) * 1000)],
      draw: goal == null ? [] : [(plot) => drawGoal(plot, goal, colour('--muted'))],
    },
  };
}

function lineOf(name: string, look: Series['look'], colour: (name: string) => string): uPlot.Series {
  const dash = look === 'earlier' ? { dash: [6, 5] } : {};
  const fill = look === 'main' ? { fill: colour('--chart-fill') } : {};
  return { label: name, stroke: colour(COLOURS[look]), width: look === 'main' ? 2 : 1.5, spanGaps: false, ...dash, ...fill };
}

// heightOf -- from zero, and shares never above one; a score may lie below zero.
function heightOf(kind: Kind, min: number | null, max: number | null, goal: number | null): [number, number] {
  const high = Math.max(max ?? 0, goal ?? 0);
  if (kind === 'percent') return [0, high > 0.5 ? 1 : Math.max(0.05, high * 1.15)];
  const low = Math.min(0, min ?? 0);
  const least = kind === 'ms' ? 10_000 : 4;
  return [low * 1.1, Math.max(least, high * 1.1)];
}

function incrementsOf(kind: Kind): number[] {
  if (kind === 'ms') return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 172_800, 604_800].map((s) => s * 1000);
  if (kind === 'percent') return [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25];
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
}

function drawGoal(plot: uPlot, goal: number, colour: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(goal, 'y', true));
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([3, 3]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
