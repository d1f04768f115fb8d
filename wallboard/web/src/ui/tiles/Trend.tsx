// Numbers over time: what was stored, then what arrives. Drawn anew at most once a second: nobody sees more of a line
// that is hours long, and each drawing costs a canvas.
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { inner, LINE_EM, type Box } from '../../model/layout';
import type { Line } from '../../model/lines';
import { figureOf, type Unit } from '../../model/figure';
import type { Locale } from '../../i18n';
import { usePage } from '../context';
import { Figure } from '../explain';
import { memo } from '../memo';
import { fontFor } from '../measure';
import { Digits } from '../numbers';
import { Since } from '../Since';
import { kpiName, limitWritten, windowWord, written } from '../words';
import { Frame, Notes, useAbsence, useHead, type TileProps } from './Frame';

const DRAW_MS = 1000;

// The library is read when the first board with a trend is laid out: displays without one never need it.
let library: typeof uPlot | null = null;
let loading: Promise<void> | null = null;

function useLibrary(): typeof uPlot | null {
  const [, loaded] = useState(library !== null);
  useEffect(() => {
    if (library !== null) return;
    loading ??= import('uplot').then((module) => void (library = module.default));
    void loading.then(() => loaded(true));
  }, []);
  return library;
}
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

export function TrendTile({ view, box }: TileProps) {
  const { locale, explainer, dress } = usePage();
  const { tile, lines, item } = view;
  const head = useHead({ view, box }, [windowWord(tile, locale)]);
  const absence = useAbsence(view);
  const body = inner(box, head.lines);
  const digits = Math.max(1.3 * box.em, Math.min(box.screen.screenHeight / 25, body.height / 4, body.width / lines.length / 6));
  const legend = digits * 1.1 + (lines.length > 1 ? LINE_EM * box.em : 0);
  const height = Math.floor(body.height - legend - (absence ? LINE_EM * box.em : 0) - 0.4 * box.em);
  return (
    <Frame view={view} box={box} head={head} class="of-time">
      <div class="legend" style={{ height: `${legend}px` }}>
        {lines.map((line, i) => (
          <Figure key={line.kpi} kpi={line.kpi} item={item} class={`line-${i}`}>
            <LineNow line={line} item={item} size={fontFor(line.unit === 'instant' ? '88:88:88' : written(figureOf(item, line.kpi), locale).padEnd(5, '8'), body.width / lines.length - box.em, digits)} />
            {lines.length > 1 && (
              <small class="name">
                <svg class="dash" viewBox="0 0 24 4" aria-hidden="true">
                  <path d="M0 2h24" stroke-dasharray={DASHES[i]!.join(' ')} />
                </svg>
                {kpiName(line.kpi, locale, explainer.catalogue)}
              </small>
            )}
          </Figure>
        ))}
      </div>
      {absence && <Notes notes={[absence]} box={box} />}
      {height > 3 * box.em && <Chart lines={lines} version={view.linesVersion} box={box} height={height} locale={locale} dress={dress} goal={tile.goal ?? null} />}
    </Frame>
  );
}

function LineNow({ line, item, size }: { line: Line; item: TileProps['view']['item']; size: number }) {
  const { locale } = usePage();
  const figure = figureOf(item, line.kpi);
  return (
    <span class="value" style={{ fontSize: `${size}px` }}>
      {figure.unit === 'instant' ? (
        <b class="digits">
          <Since us={figure.value} />
        </b>
      ) : (
        <Digits text={written(figure, locale)} />
      )}
    </span>
  );
}

interface ChartProps {
  lines: Line[];
  version: number;
  box: Box;
  height: number;
  locale: Locale;
  dress: string; // theme and palette: other colours make another chart
  goal: number | null;
}

const Chart = memo(function Chart({ lines, version, box, height, locale, dress, goal }: ChartProps) {
  const node = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawing = useRef({ timer: 0, atMs: 0 });
  const width = Math.floor(inner(box, 0).width);
  const Plot = useLibrary();

  useEffect(() => {
    if (Plot === null) return;
    plot.current = new Plot(optionsFor(node.current!, { lines, width, height, box, locale, goal }), dataOf(lines, Plot), node.current!);
    return () => {
      window.clearTimeout(drawing.current.timer);
      drawing.current.timer = 0;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [Plot, lines, width, height, locale, dress, goal]);

  useEffect(() => {
    if (drawing.current.timer !== 0) return;
    const wait = Math.max(0, drawing.current.atMs + DRAW_MS - performance.now());
    drawing.current.timer = window.setTimeout(() => {
      drawing.current = { timer: 0, atMs: performance.now() };
      if (Plot !== null) plot.current?.setData(dataOf(lines, Plot));
    }, wait);
  }, [Plot, lines, version]);

  return <div class="chart" ref={node} style={{ height: `${height}px` }} />;
});

// dataOf -- the lines over all instants that any of them has.
function dataOf(lines: Line[], Plot: typeof uPlot): uPlot.AlignedData {
  const tables = lines.map(({ trend }): uPlot.AlignedData => [trend.times, trend.values]);
  return tables.length === 1 ? tables[0]! : Plot.join(tables);
}

function optionsFor(element: HTMLElement, { lines, width, height, box, locale, goal }: Omit<ChartProps, 'version' | 'dress'> & { width: number }): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `${Math.round(0.85 * box.em)}px ${style.fontFamily}`;
  const units = [...new Set(lines.map(({ unit }) => unit))];
  const spanS = Math.max(...lines.map(({ spanMs }) => spanMs)) / 1000;
  const ink = { stroke: colour('--muted'), font, ticks: { show: false } };
  const faint = { stroke: colour('--line'), width: 1 };
  const scales: uPlot.Scales = { x: { time: false, range: (plot) => [lastOf(plot) - spanS, lastOf(plot)] } };
  for (const unit of units) scales[unit] = { range: (_plot, _min, max) => [0, topOf(unit, Math.max(max ?? 0, unit === lines[0]!.unit ? (goal ?? 0) : 0))] };
  return {
    width,
    height,
    padding: [0.5 * box.em, units.length > 1 ? null : 1.6 * box.em, null, null],
    legend: { show: false },
    cursor: { show: false },
    scales,
    axes: [
      { ...ink, grid: { show: false }, size: 1.5 * box.em, space: 6 * box.em, values: (_plot, splits) => splits.map((second) => locale.format.time(second * 1000)), splits: (_plot, _axis, min, max) => hoursIn(min, max, (width / box.em) * 0.12) },
      ...units.slice(0, 2).map((unit, i): uPlot.Axis => ({ ...ink, scale: unit, side: i === 0 ? 3 : 1, size: 3.6 * box.em, space: 1.4 * box.em, grid: i === 0 ? faint : { show: false }, values: (_plot, splits) => splits.map((value) => limitWritten(value, unit, locale)) })),
    ],
    series: [
      {},
      ...lines.map(({ unit }, i): uPlot.Series => ({ scale: unit, stroke: colour(`--line-${i}`), width: Math.max(1.5, box.em / 8), dash: DASHES[i]!, spanGaps: false, points: { show: false }, ...(lines.length === 1 ? { fill: colour('--trend-fill') } : {}) })),
    ],
    hooks: { draw: [(plot) => goal !== null && drawGoal(plot, lines[0]!.unit, goal, colour('--text'))] },
  };
}

function lastOf({ data: [times] }: uPlot): number {
  return times[times.length - 1] ?? 0;
}

function topOf(unit: Unit, most: number): number {
  if (unit === 'ratio') return most > 0.5 ? 1 : Math.max(0.05, most * 1.2);
  return Math.max(unit === 'count' || unit === 'points' ? 4 : 10_000, most * 1.1);
}

// hoursIn -- full hours or parts of them, no more than there is room for.
function hoursIn(min: number, max: number, most: number): number[] {
  const MINUTE = 60;
  const step = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE).find((one) => (max - min) / one <= Math.max(2, most)) ?? 86_400;
  const first = Math.ceil(min / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((max - first) / step) + 1) }, (_, i) => first + i * step);
}

function drawGoal(plot: uPlot, scale: string, goal: number, stroke: string): void {
  const y = plot.valToPos(goal, scale, true);
  const { left, width } = plot.bbox;
  plot.ctx.save();
  plot.ctx.strokeStyle = stroke;
  plot.ctx.setLineDash([4, 4]);
  plot.ctx.beginPath();
  plot.ctx.moveTo(left, y);
  plot.ctx.lineTo(left + width, y);
  plot.ctx.stroke();
  plot.ctx.restore();
}
