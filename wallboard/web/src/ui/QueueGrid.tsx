// The queues, as many to a page as can be read from afar.
import type { Layout } from '../model/layout';
import type { QueueView, View } from '../model/store';
import { usePage } from './context';
import { Dots, usePages } from './Pager';
import { QueueTile, type Room } from './QueueTile';

const TURN_MS = 15_000;

interface Props {
  view: View;
  layout: Layout;
  theme: string;
}

export function QueueGrid({ view, layout, theme }: Props) {
  const { text, format } = usePage().locale;
  const queues = view.queues ?? [];
  const pager = usePages(queues, layout.tilesPerPage, TURN_MS);
  const room = roomOf(layout);
  const threshold = commonThreshold(queues);
  const grid = layout.flow
    ? { fontSize: `${layout.em}px` }
    : {
        fontSize: `${layout.em}px`,
        gridTemplateColumns: `repeat(${layout.tileColumns}, minmax(0, 1fr))`,
        gridTemplateRows: `repeat(${layout.tileRows}, minmax(0, 1fr))`,
      };
  return (
    <section class="queues" aria-label={text.queues}>
      <div class="section-title">
        <h2>{text.queues}</h2>
        <span>{text.window[view.window]}</span>
        {threshold !== null && <span>{text.summary.serviceWithin(format.duration(threshold))}</span>}
        {view.queuesHidden > 0 && <span>{text.moreHidden(format.count(view.queuesHidden))}</span>}
        <Dots pager={pager} />
      </div>
      {queues.length === 0 ? (
        <div class="empty">
          <p>{text.empty.queues}</p>
          <small>{text.empty.queuesHint}</small>
        </div>
      ) : (
        <div class="tiles" style={grid}>
          {pager.items.map((queue) => (
            <QueueTile key={queue.name} queue={queue} trendVersion={queue.trend.version} room={room} theme={theme} />
          ))}
        </div>
      )}
    </section>
  );
}

// commonThreshold -- told once, over the tiles, where all queues share it.
function commonThreshold(queues: QueueView[]): number | null {
  const thresholds = new Set(queues.flatMap((queue) => (queue.main ? [queue.main.threshold_ms] : [])));
  return thresholds.size === 1 ? [...thresholds][0]! : null;
}

function roomOf({ tileWidth, tileHeight, flow }: Layout): Room {
  if (flow) return 'medium';
  if (tileWidth >= 38) return 'wide';
  return tileHeight >= 17.5 ? 'medium' : 'small';
}
