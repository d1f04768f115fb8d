// What every part of the supervisor's page may need, handed down once a drawing, and the hooks that make use of it.
import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DeskMessages } from '../../i18n/desk.en';
import { ask, type Problem } from '../model/ask';
import type { Calendar } from '../model/calendar';
import type { Live } from '../model/live';
import { withAt, type Route } from '../model/route';
import type { Show } from '../model/show';
import type { KpiItem } from '../../model/items';
import type { Kpi } from '../../model/kpis';

export interface Desk {
  words: DeskMessages;
  live: Live;
  route: Route;
  calendar: Calendar;
  show: Show;
  kpis: Kpi[]; // the table of what there is; empty until it was told
  theme: string;
  items: Map<string, KpiItem>; // of ranges, that explanations of what is shown refer to
  go(route: Route, how?: 'push' | 'replace'): void;
  href(route: Route): string;
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('a component was drawn outside of the page');
  return desk;
}

// useTopics -- asks for these for as long as the component is shown.
export function useTopics(topics: readonly string[]): void {
  const { live } = useDesk();
  const who = useRef({});
  const key = topics.join('\n');
  useLayoutEffect(() => live.want(who.current, topics), [live, key]);
  useLayoutEffect(() => () => live.want(who.current, []), [live]);
}

// useAt -- one word of the address, and what changes it. The choice can be gone back from, unless it is typed.
export function useAt(key: string, usual = '', how: 'push' | 'replace' = 'push'): [string, (value: string) => void] {
  const { route, go } = useDesk();
  return [route.at[key] ?? usual, (value) => go(withAt(route, { [key]: value === usual ? '' : value }), how)];
}

export interface Asked<T> {
  data: T[] | null; // of all paths; what was known before stays while it is asked again
  problem: Problem | null;
  again(): void;
}

// useAsk -- answers to these questions, all or none, asked again every so often, and whenever `fresh` is another one.
export function useAsk<T>(paths: readonly string[], everyMs = 0, fresh: unknown = null): Asked<T> {
  const key = paths.join('\n');
  const [state, setState] = useState<{ key: string; data: T[] | null; problem: Problem | null }>({ key, data: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (paths.length === 0) return undefined;
    const abort = new AbortController();
    const once = async () => {
      const answers = await Promise.all(paths.map((path) => ask<T>(path, { signal: abort.signal })));
      if (abort.signal.aborted) return;
      const problem = answers.find((answer) => answer.problem)?.problem ?? null;
      setState((before) => {
        const data = problem ? (before.key === key ? before.data : null) : answers.map((answer) => answer.data as T);
        return { key, data, problem };
      });
    };
    const run = () => void once().catch(() => undefined); // only what nobody waits for any more is broken off
    run();
    const timer = everyMs > 0 ? window.setInterval(() => document.visibilityState === 'visible' && run(), everyMs) : 0;
    return () => {
      abort.abort();
      window.clearInterval(timer);
    };
  }, [key, everyMs, fresh, turn]);
  const current = state.key === key;
  return useMemo(() => ({ data: current ? state.data : null, problem: current ? state.problem : null, again: () => setTurn((n) => n + 1) }), [state, current]);
}
