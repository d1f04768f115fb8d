// A board on a display, drawn from one view of the store.
import { textIn } from '../model/board';
import type { KpiItem } from '../model/items';
import type { View } from '../model/store';
import { BoardView } from './BoardView';
import { PageProvider, type Page } from './context';
import { Explanation } from './explain';
import { Header } from './Header';
import { Loading, NoBoard } from './Loading';
import type { Preferences } from './preferences';

interface Props {
  page: Page;
  view: View;
  preferences: Preferences;
  soundBlocked: boolean;
  find(topic: string): KpiItem | null;
}

export function App({ page, view, preferences, soundBlocked, find }: Props) {
  const { freshness, shown } = view;
  const board = shown.kind === 'board' ? shown.board : null;
  const title = board ? textIn(board.title, page.locale.language) : '';
  const loading = freshness.phase === 'loading' || shown.kind === 'waiting';
  return (
    <PageProvider value={page}>
      <Header
        freshness={freshness}
        title={title}
        sources={view.sources}
        alerts={view.alerts}
        soundBlocked={soundBlocked}
        preferences={preferences}
        zoneAtMs={page.ticker.clockMs()}
      />
      {shown.kind === 'unknown' ? (
        <NoBoard id={shown.id} boards={view.boards} />
      ) : loading || board === null ? (
        <Loading freshness={freshness} />
      ) : (
        <BoardView board={board} tiles={view.tiles} phase={freshness.phase} />
      )}
      <Explanation find={find} />
    </PageProvider>
  );
}
