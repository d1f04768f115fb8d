// All queues and groups as one table, live: what needs attention first, unless told otherwise.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { topicName, WINDOWS, type KpiItem, type QueuesItem, type Window } from '../../model/items';
import { worst, type Level } from '../../model/status';
import { usePage } from '../../ui/context';
import { ask, query } from '../model/ask';
import { pathsOf } from '../model/figure';
import { fits } from '../model/live';
import { keep, recall } from '../model/memory';
import { withAt } from '../model/route';
import { matches, readOrder, writeOrder } from '../model/table';
import { useAsk, useAt, useDesk, useTopics } from './context';
import { useKpiColumns, type KpiRow } from './kpi-columns';
import { Download, Empty, LevelMark, Link, Popup, SearchField, Segments, useKpiText } from './parts';
import { csvRows, Table, useSorted, type Column } from './Table';
import { Totals } from './Totals';

const USUAL = ['waiting', 'longest_wait_since_us', 'service_level', 'abandon_rate', 'offered', 'answered', 'asa_ms', 'agents'];
const FILTERS = ['all', 'attention', 'waiting', 'queues', 'groups'] as const;
const POLL_MS = 5_000; // of queues too many to subscribe to

interface NowRow extends KpiRow {
  level: Level;
  old: boolean;
}

export function useWindow(): [Window, (window: Window) => void] {
  const [said, set] = useAt('window', 'm15');
  return [WINDOWS.find((one) => one === said) ?? 'm15', set];
}

export function WindowSwitch() {
  const { words } = useDesk();
  const { text } = usePage().locale;
  const [window, setWindow] = useWindow();
  return <Segments label={words.window} value={window} options={WINDOWS.map((key) => ({ key, text: text.window[key] }))} onChange={setWindow} />;
}

export function NowView() {
  const { words, live, route, go } = useDesk();
  const { format } = usePage().locale;
  const [window] = useWindow();
  const [typed, setTyped] = useAt('q', '', 'replace');
  const [said, setFilter] = useAt('show', 'all');
  const [order, setOrder] = useAt('sort', '-level');
  const [paths, setPaths] = useColumns();
  const filter = FILTERS.find((one) => one === said) ?? 'all';
  const { rows, many, see } = useRows(window);
  const columns = useColumnsOf(paths);
  const shown = rows.filter((row) => passes(row, filter) && matches(typed, row.name));
  const all = useSorted(shown, columns, readOrder(order, '-level'), (row) => row.name);
  const known = live.find('queues') !== null;
  const clear = () => go(withAt(route, { q: '', show: '' }));
  return (
    <>
      <Totals item={live.find(`group/all/${window}`)} label={words.now.totals} />
      <div class="toolbar">
        <WindowSwitch />
        <SearchField value={typed} onChange={setTyped} />
        <Segments label={words.now.show} value={filter} options={FILTERS.map((key) => ({ key, text: words.now.filter[key] }))} onChange={setFilter} />
        <span class="spacer" />
        <span class="counted" role="status">
          {all.length === rows.length ? words.table.rows(format.count(rows.length)) : words.table.some(format.count(all.length), format.count(rows.length))}
        </span>
        <ColumnChooser paths={paths} onPaths={setPaths} />
        <Download name={[words.now.table, window]} rows={() => csvRows(all, columns)} />
      </div>
      {many && <p class="hint">{words.now.many}</p>}
      {known && rows.length === 0 && <NoQueues />}
      {rows.length > 0 && all.length === 0 && (
        <Empty title={words.table.none}>
          <button type="button" class="button" onClick={clear}>
            {words.table.clear}
          </button>
        </Empty>
      )}
      {all.length > 0 && (
        <Table<NowRow>
          label={words.now.table}
          rows={all}
          columns={columns}
          order={readOrder(order, '-level')}
          onOrder={(next) => setOrder(writeOrder(next))}
          id={(row) => row.id}
          rowClass={(row) => `at-level-${row.level} ${row.old ? 'old' : ''}`}
          onVisible={see}
          tall
        />
      )}
    </>
  );
}

function NoQueues() {
  const { text } = usePage().locale;
  return <Empty title={text.empty.queues} hint={text.empty.queuesHint} />;
}

function passes(row: NowRow, filter: (typeof FILTERS)[number]): boolean {
  if (filter === 'attention') return row.level > 0;
  if (filter === 'waiting') return (row.item?.waiting ?? 0) > 0;
  if (filter === 'queues') return row.scope === 'queue';
  return filter === 'groups' ? row.scope === 'group' : true;
}

// useRows -- every queue and group. As many as fit are subscribed to; of more those in sight are, and the rest is asked for.
function useRows(window: Window): { rows: NowRow[]; many: boolean; see: (rows: readonly KpiRow[]) => void } {
  const { live } = useDesk();
  const [sight, setSight] = useState<string[]>([]);
  const queues = live.find<QueuesItem>('queues')?.queues ?? [];
  const groups = useGroups();
  const all = useMemo(() => [...groups.map((name) => ownerOf('group', name, window)), ...queues.map((name) => ownerOf('queue', name, window))], [groups, queues, window]);
  const many = !fits(all.map(({ topic }) => topic));
  useTopics(many ? sight : all.map(({ topic }) => topic));
  usePolled(many, window);
  const timer = useRef(0);
  const see = useCallback((rows: readonly KpiRow[]) => {
    globalThis.clearTimeout(timer.current);
    timer.current = globalThis.setTimeout(() => setSight(rows.map(({ topic }) => topic)), 600) as unknown as number; // not for each turn of the wheel
  }, []);
  const rows = useMemo(() => all.map((owner): NowRow => ({ ...owner, item: live.find(owner.topic), level: worst(live.levels(owner.topic)), old: live.old(owner.topic) && !many })), [all, live.version, many]);
  return { rows, many, see };
}

function ownerOf(scope: 'queue' | 'group', name: string, window: Window) {
  const topic = `${scope}/${topicName(name)}/${window}`;
  return { id: `${scope}/${name}`, scope, name, topic };
}

export function useGroups(): string[] {
  const asked = useAsk<{ items: KpiItem[] }>(['/api/v1/kpi?scope=group&window=now'], 60_000);
  return useMemo(() => (asked.data?.[0]?.items ?? []).filter(({ scope }) => scope === 'group').map(({ name }) => name), [asked.data]);
}

function usePolled(many: boolean, window: Window): void {
  const { live } = useDesk();
  useEffect(() => {
    if (!many) return undefined;
    const once = async () => {
      if (document.visibilityState !== 'visible') return;
      const { data } = await ask<{ items: KpiItem[] }>(query('/api/v1/kpi', { scope: 'queue', window }));
      if (data) live.put(data.items.map((item) => ({ ...item, topic: `queue/${topicName(item.name)}/${window}` })));
    };
    void once();
    const timer = globalThis.setInterval(() => void once(), POLL_MS);
    return () => {
      globalThis.clearInterval(timer);
      live.put([]);
    };
  }, [many, window, live]);
}

function useColumnsOf(paths: readonly string[]): Column<NowRow>[] {
  const { words, live } = useDesk();
  const { format } = usePage().locale;
  const numbers = useKpiColumns(paths);
  const level: Column<NowRow> = {
    key: 'level',
    title: words.table.level,
    numbers: false,
    value: (row) => row.level,
    cell: (row) => <LevelMark level={row.level} quiet />,
  };
  const name: Column<NowRow> = {
    key: 'name',
    title: words.table.name,
    wide: true,
    value: (row) => row.name,
    cell: (row) => (
      <>
        <Link to={{ view: row.scope === 'group' ? 'group' : 'queue', at: { name: row.name } }} class="name" tab={-1}>
          {row.name}
        </Link>
        {row.scope === 'group' && <small class="tag">{words.kind.group}</small>}
        {row.old && <small class="tag">{words.now.before}</small>}
        <Lost item={row.item} />
      </>
    ),
  };
  return useMemo(() => [name, level, ...numbers], [numbers.map(({ key, title }) => key + title).join(), live]);

  function Lost({ item }: { item: KpiItem | null }) {
    const first = item?.sources_lost?.[0];
    return first ? <small class="tag at-1">{words.now.noData(format.time(first.since_us / 1000))}</small> : null;
  }
}

function useColumns(): [string[], (paths: string[]) => void] {
  const remembered = recall('columns') ?? USUAL.join(' ');
  const [said, set] = useAt('columns', remembered, 'replace');
  const paths = said.split(' ').filter((path) => /^[a-z0-9_]+(\.[a-z0-9_]+)?$/.test(path));
  return [
    paths,
    (next) => {
      keep('columns', next.join(' '));
      set(next.join(' '));
    },
  ];
}

function ColumnChooser({ paths, onPaths }: { paths: string[]; onPaths(paths: string[]): void }) {
  const { words, kpis } = useDesk();
  const kpi = useKpiText();
  const all = kpis.flatMap((row) => (row.key === 'agents' ? ['agents', ...pathsOf(row)] : pathsOf(row)));
  const toggle = (path: string, on: boolean) => onPaths(on ? [...paths, path] : paths.filter((one) => one !== path));
  return (
    <Popup label={words.table.columns}>
      <button type="button" class="button" onClick={() => onPaths(USUAL)}>
        {words.table.usual}
      </button>
      <ul class="checks">
        {all.map((path) => (
          <li key={path}>
            <label>
              <input type="checkbox" checked={paths.includes(path)} onChange={(event) => toggle(path, event.currentTarget.checked)} />
              {kpi.name(path)}
            </label>
          </li>
        ))}
      </ul>
    </Popup>
  );
}
