// A thin line of the last twenty minutes, without axes: the number beside it says where it stands now.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { SAMPLES, STEP_MS, type Trend } from '../model/trend';
import { memo } from './memo';

const SPAN_S = (SAMPLES * STEP_MS) / 1000;
const HEADROOM_MIN = 4; // one waiting contact is not drawn as a mountain

interface Props {
  trend: Trend;
  version: number; // of the trend: what makes this draw anew
  theme: string;
  caption: string;
}

export const TrendLine = memo(function TrendLine({ trend, version, theme, caption }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = box.current!;
    plot.current = new uPlot(optionsFor(element), dataOf(trend), element);
    const observer = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [trend, theme]);

  useEffect(() => plot.current?.setData(dataOf(trend)), [trend, version]);

  return (
    <div class="trend" role="img" aria-label={caption}>
      <small>{caption}</small>
      <div class="line" ref={box} />
    </div>
  );
});

function dataOf(trend: Trend): uPlot.AlignedData {
  return [trend.times, trend.values];
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(8, element.clientWidth), height: Math.max(8, element.clientHeight) };
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const line = style.getPropertyValue('--trend-line').trim();
  const fill = style.getPropertyValue('--trend-fill').trim();
  return {
    ...sizeOf(element),
    padding: [2, 0, 2, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_plot, _min, max) => [(max || 0) - SPAN_S, max || 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(HEADROOM_MIN, max || 0)] },
    },
    axes: [{ show: false }, { show: false }],
    series: [{}, { stroke: line, fill, width: 1.5, points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) }],
  };
}
