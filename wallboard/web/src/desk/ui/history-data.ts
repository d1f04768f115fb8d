// Stored numbers, as the charts and tables of several views ask for them.
import { useMemo } from 'preact/hooks';
import type { KpiItem } from '../../model/items';
import { query } from '../model/ask';
import { parameters, type Owner } from '../model/owner';
import { segments, type Point, type Range, type StepMin } from '../model/range';
import { useAsk, useDesk, type Asked } from './context';

const MINUTE_MS = 60_000;

export interface Told {
  points: Point[] | null;
  asked: Asked<{ points: Point[] }>;
}

// useHistory -- one number of one owner, step by step; null: nothing is wanted.
export function useHistory(owner: Owner, path: string | null, range: Range | null, step: StepMin, everyMs = 0): Told {
  const { calendar } = useDesk();
  const paths = useMemo(() => {
    if (range === null || path === null) return [];
    return segments(range, step, calendar).map(({ fromMs, toMs, stepMs }) =>
      query('/api/v1/history', { kpi: path, ...parameters(owner), from: fromMs * 1000, to: toMs * 1000, step: stepMs * 1000 }),
    );
  }, [owner.scope, owner.name, path, range?.fromMs, range?.toMs, step, calendar]);
  const asked = useAsk<{ points: Point[] }>(paths, everyMs);
  const points = useMemo(() => asked.data?.flatMap((answer) => answer.points) ?? null, [asked.data]);
  return { points, asked };
}

export interface Whole {
  item: KpiItem | null;
  asked: Asked<{ items: KpiItem[] }>;
}

// useWhole -- everything about one owner over a range, as one item; explanations find it by its topic.
export function useWhole(owner: Owner, range: Range, everyMs = 0): Whole {
  const { items } = useDesk();
  const path = query('/api/v1/kpi', { ...parameters(owner), from: range.fromMs * 1000, to: Math.max(range.toMs, range.fromMs + MINUTE_MS) * 1000 });
  const asked = useAsk<{ items: KpiItem[] }>([path], everyMs);
  const item = useMemo(() => {
    const found = asked.data?.[0]?.items[0];
    if (!found) return null;
    const whole: KpiItem = { ...found, window: 'range', topic: `range/${owner.scope}/${owner.name}` };
    items.set(whole.topic, whole);
    return whole;
  }, [asked.data]);
  return { item, asked };
}
