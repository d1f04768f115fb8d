// The floor page, drawn from one view of the store.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { FLOW_QUERY, planLayout, type Screen } from '../model/layout';
import type { KpiItem } from '../model/items';
import type { View } from '../model/store';
import { AgentGrid } from './AgentGrid';
import { PageProvider, type Page } from './context';
import { Explanation } from './explain';
import { Header } from './Header';
import { Loading } from './Loading';
import type { Preferences } from './preferences';
import { QueueGrid } from './QueueGrid';
import { Summary } from './Summary';

interface Props {
  page: Page;
  view: View;
  preferences: Preferences;
  find(topic: string): KpiItem | null;
}

export function App({ page, view, preferences, find }: Props) {
  const { phase } = view.freshness;
  return (
    <PageProvider value={page}>
      <Header freshness={view.freshness} sources={view.sources} preferences={preferences} zoneAtMs={page.ticker.clockMs()} />
      {phase === 'loading' ? (
        <Loading freshness={view.freshness} />
      ) : (
        <main class={`floor phase-${phase}`}>
          <Summary all={view.all} />
          <Board view={view} theme={preferences.theme} />
        </main>
      )}
      <Explanation find={find} />
    </PageProvider>
  );
}

function Board({ view, theme }: { view: View; theme: string }) {
  const node = useRef<HTMLDivElement>(null);
  const screen = useScreen(node);
  const queues = view.queues?.length ?? 0;
  const agents = view.agents?.length ?? 0;
  const layout = useMemo(() => screen && planLayout(screen, queues, agents), [screen, queues, agents]);
  const side = layout?.flow ? 'flow' : (layout?.side ?? 'right');
  const extent = layout && layout.agentsExtent > 0 ? `${layout.agentsExtent}px` : 'auto';
  const split =
    side === 'right' ? { gridTemplateColumns: `minmax(0, 1fr) ${extent}` } : side === 'below' ? { gridTemplateRows: `minmax(0, 1fr) ${extent}` } : {};
  return (
    <div ref={node} class={`board agents-${side}`} style={split}>
      {layout && <QueueGrid view={view} layout={layout} theme={theme} />}
      {layout && <AgentGrid agents={view.agents} layout={layout} />}
    </div>
  );
}

// useScreen -- the size that there is, measured again whenever it changes.
function useScreen(node: { current: HTMLElement | null }): Screen | null {
  const [screen, setScreen] = useState<Screen | null>(null);
  useLayoutEffect(() => {
    const element = node.current!;
    const measure = () => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const flow = window.matchMedia(FLOW_QUERY).matches;
      const height = flow ? 0 : element.clientHeight; // of no interest then, and it follows the content
      const next = { width: element.clientWidth, height, screenHeight: window.innerHeight, rem, flow };
      setScreen((before) => (before && same(before, next) ? before : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return screen;
}

function same(a: Screen, b: Screen): boolean {
  return a.width === b.width && a.height === b.height && a.screenHeight === b.screenHeight && a.rem === b.rem && a.flow === b.flow;
}
