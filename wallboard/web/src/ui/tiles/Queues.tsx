// The queues of a board: cards where they can be read from afar all at once, else a table with those worth a glance at
// its top. What does not fit turns pages by itself.
import { GAP_REM, inner, planCards, planRows } from '../../model/layout';
import type { KpiItem } from '../../model/items';
import { byUrgency, levelOf, type QueueView } from '../../model/queues';
import { figureOf, rootOf } from '../../model/figure';
import type { Level } from '../../model/status';
import type { TileView } from '../../model/tiles';
import { usePage } from '../context';
import { Figure } from '../explain';
import { memo } from '../memo';
import { bold, linesFor } from '../measure';
import { Dots, usePages } from '../Pager';
import { LevelShape } from '../shapes';
import { Since } from '../Since';
import { kpiName, windowWord, written } from '../words';
import { Empty, Frame, useAbsence, useHead, type Head, type TileProps } from './Frame';
import { QueueCard } from './QueueCard';

const TURN_MS = 15_000;

export function QueuesTile({ view, box }: TileProps) {
  const { text } = usePage().locale;
  const head = { ...useHead({ view, box }), lines: 1, em: 1 };
  const absence = useAbsence(view);
  const count = view.queues.length;
  if (count === 0) {
    return (
      <Frame view={view} box={box} head={head} class="bare">
        <Empty words={absence ?? text.empty.queues} hint={absence === null ? text.empty.queuesHint : ''} />
      </Frame>
    );
  }
  const height = box.height - 1.75 * box.screen.rem;
  const cards = view.tile.sort === undefined ? planCards(box.width, height, box.screen, count) : null;
  return cards !== null ? <Cards view={view} box={box} head={head} plan={cards} /> : <Table view={view} box={box} head={head} />;
}

function Cards({ view, box, head, plan }: TileProps & { head: Head; plan: NonNullable<ReturnType<typeof planCards>> }) {
  const { text, format } = usePage().locale;
  const threshold = commonThreshold(view.queues);
  // The last row is as wide as the others, however many stand in it.
  const count = view.queues.length;
  const last = count % plan.columns || plan.columns;
  const tracks = box.screen.flow
    ? {}
    : { gridTemplateColumns: `repeat(${plan.columns * last}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${plan.rows}, minmax(0, 1fr))` };
  const spanOf = (i: number) => (box.screen.flow ? undefined : i < count - last ? last : plan.columns);
  const aside = (
    <span class="aside">
      <Window view={view} />
      {threshold !== null && <span>{text.tile.serviceWithin(format.duration(threshold))}</span>}
    </span>
  );
  return (
    <Frame view={view} box={box} head={head} class="bare" aside={aside}>
      <div class="cards" style={{ fontSize: `${plan.em}px`, gap: `${GAP_REM}rem`, ...tracks }}>
        {view.queues.map((queue, i) => (
          <QueueCard key={queue.name} queue={queue} room={plan.room} span={spanOf(i)} />
        ))}
      </div>
    </Frame>
  );
}

function Window({ view }: { view: TileView }) {
  return <span>{windowWord(view.tile, usePage().locale)}</span>;
}

// commonThreshold -- told once, over the cards, where all queues share it.
function commonThreshold(queues: QueueView[]): number | null {
  const thresholds = new Set(queues.flatMap((queue) => (queue.main ? [queue.main.threshold_ms] : [])));
  return thresholds.size === 1 ? [...thresholds][0]! : null;
}

const COLUMN_EM = 5.6; // of a number's column, in the table's letters
const NAME_EM = 9;
const STATE_EM = 6.5;
const HEADING_EM = 0.62;

function Table({ view, box, head }: TileProps & { head: Head }) {
  const { locale, explainer, ticker } = usePage();
  const { text, format } = locale;
  const { width, height } = inner(box, 1);
  const plan = planRows(height - 2.2 * box.screen.rem, box.screen, view.queues.length);
  const state = Math.max(3, ...text.level.map((word) => bold.em(word) * 0.8)) + 2;
  const columns = view.tile.columns.slice(0, Math.max(1, Math.floor((width / plan.em - NAME_EM - state) / COLUMN_EM)));
  const queues = byUrgency(view.queues, view.tile.sort, ticker.nowMs());
  const pager = usePages(queues, plan.perPage, TURN_MS);
  const grid = `minmax(${NAME_EM}em, 1.6fr) ${Math.min(STATE_EM, state)}em repeat(${columns.length}, minmax(0, 1fr))`;
  const names = columns.map((kpi) => kpiName(kpi, locale, explainer.catalogue));
  const cell = (width - (NAME_EM + state) * plan.em) / columns.length;
  const lines = Math.min(2, Math.max(1, ...names.map((name) => linesFor(name, cell - 0.8 * plan.em, HEADING_EM * plan.em))));
  return (
    <Frame view={view} box={box} head={head} class="list" aside={<TableAside view={view} pager={pager} hidden={view.queuesHidden} />}>
      <div class="table" role="table" style={{ fontSize: `${plan.em}px` }}>
        <div class="row headings" role="row" style={{ gridTemplateColumns: grid, height: `${lines * 1.25 * HEADING_EM + 0.3}em` }}>
          <span role="columnheader">{text.headings.queue}</span>
          <span role="columnheader">{text.headings.state}</span>
          {names.map((name, i) => (
            <span key={columns[i]} role="columnheader" class="cell">
              {name}
            </span>
          ))}
        </div>
        {pager.items.map((queue) => (
          <Row key={queue.name} queue={queue} level={levelOf(queue)} columns={columns} grid={grid} height={plan.rowHeight} word={text.level} format={format} />
        ))}
      </div>
    </Frame>
  );
}

function TableAside({ view, pager, hidden }: { view: TileView; pager: Parameters<typeof Dots>[0]['pager']; hidden: number }) {
  const { text, format } = usePage().locale;
  return (
    <span class="aside">
      <Window view={view} />
      <span>{format.count(view.queues.length)}</span>
      {hidden > 0 && <span>{text.moreHidden(format.count(hidden))}</span>}
      <Dots pager={pager} />
    </span>
  );
}

interface RowProps {
  queue: QueueView;
  level: Level;
  columns: string[];
  grid: string;
  height: number;
  word: [string, string, string];
  format: unknown; // another language: draws anew
}

const Row = memo(function Row({ queue, level, columns, grid, height, word }: RowProps) {
  const lost = (queue.main?.sources_lost?.length ?? 0) > 0;
  return (
    <div class={`row level-${level} ${queue.old || lost ? 'old' : ''}`} role="row" data-queue={queue.name} style={{ gridTemplateColumns: grid, height: `${height}px` }}>
      <span class="name" role="cell" title={queue.name}>
        {queue.name}
      </span>
      <span class={`status at-${level}`} role="cell">
        <LevelShape level={level} />
        {word[level]}
      </span>
      {columns.map((kpi) => (
        <Cell key={kpi} kpi={kpi} item={queue.main} level={cellLevel(queue, kpi)} />
      ))}
    </div>
  );
});

function cellLevel({ levels, main }: QueueView, kpi: string): Level {
  if (kpi === 'service_level') return levels.service;
  return kpi === 'longest_wait_since_us' && (main?.waiting ?? 0) > 0 ? levels.wait : 0;
}

function Cell({ kpi, item, level }: { kpi: string; item: KpiItem | null; level: Level }) {
  const { locale } = usePage();
  const figure = figureOf(item, kpi);
  return (
    <span class="cell" role="cell">
      <Figure kpi={rootOf(kpi)} item={item} class="">
        <b class={`digits at-${level}`}>{figure.unit === 'instant' ? <Since us={figure.value} /> : written(figure, locale)}</b>
      </Figure>
    </span>
  );
}

