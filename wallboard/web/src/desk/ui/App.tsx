// The supervisor's page: the frame, the view that the address names, what explains numbers, the list of keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { KpiItem } from '../../model/items';
import { PageProvider, type Page } from '../../ui/context';
import { Explanation } from '../../ui/explain';
import type { Preferences } from '../../ui/preferences';
import type { ViewName } from '../model/route';
import { AgentsView } from './AgentsView';
import { AgentView } from './AgentView';
import { AlertsView } from './AlertsView';
import { BoardsView } from './BoardsView';
import { DeskProvider, type Desk } from './context';
import { HistoryView } from './HistoryView';
import { LostView } from './LostView';
import { NowView } from './NowView';
import { OwnerView } from './OwnerView';
import { QualityView } from './QualityView';
import { Shell } from './Shell';
import { Shortcuts, useKeys } from './Shortcuts';

const VIEWS: Record<ViewName, () => preact.JSX.Element> = {
  now: NowView, agents: AgentsView, queue: OwnerView, group: OwnerView, agent: AgentView, history: HistoryView, lost: LostView,
  quality: QualityView, alerts: AlertsView, boards: BoardsView,
};

interface Props {
  page: Page;
  desk: Desk;
  preferences: Preferences;
  find(topic: string): KpiItem | null;
}

export function App({ page, desk, preferences, find }: Props) {
  const [help, setHelp] = useState(false);
  const View = VIEWS[desk.route.view];
  const name = `${desk.route.view} ${desk.route.at.name ?? ''}`;
  useKeys(desk, page, () => setHelp(true));
  useArrival(name);
  return (
    <PageProvider value={page}>
      <DeskProvider value={desk}>
        <Shell preferences={preferences} onHelp={() => setHelp(true)}>
          <View key={name} />
        </Shell>
        {help && <Shortcuts onClose={() => setHelp(false)} />}
        <Explanation find={find} />
      </DeskProvider>
    </PageProvider>
  );
}

// useArrival -- another view begins at its top, and who cannot see it is told which one it is.
function useArrival(name: string): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>('.bar h1')?.focus({ preventScroll: true });
  }, [name]);
}
