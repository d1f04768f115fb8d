// Any number of any owner over any range, beside the day or the week before: a chart that zooms, the table of what it draws.
import { useMemo } from 'preact/hooks';
import type { KpiItem, QueuesItem } from '../../model/items';
import { usePage } from '../../ui/context';
import { isMoment, keyOf, pathsOf, read } from '../model/figure';
import { ALL, readOwner, writeOwner } from '../model/owner';
import { COMPARISONS, ownRange, pair, shifted, stepOf, stepsFor, type Comparison, type Range, type Row } from '../model/range';
import { withAt } from '../model/route';
import { readOrder, writeOrder } from '../model/table';
import type { AgentRow } from './agent-table';
import { Chart, type Series } from './Chart';
import { useAt, useDesk, useTopics } from './context';
import { useHistory, useWhole } from './history-data';
import { useGroups } from './NowView';
import { Answered, Download, Empty, Explained, Select, useKpiText } from './parts';
import { RangePicker, useRange } from './range-picker';
import { csvRows, Table, useSorted, type Column } from './Table';

const ASKED_EVERY_MS = 60_000;
const COMPARED = Object.keys(COMPARISONS) as Comparison[];

export function HistoryView() {
  const { words, kpis, route, go, calendar } = useDesk();
  const kpi = useKpiText();
  const range = useRange();
  const [path, setPath] = useAt('kpi', 'service_level');
  const [saidStep, setStep] = useAt('step');
  const [saidCompare, setCompare] = useAt('compare', 'day');
  const owner = readOwner(route.at.of);
  const step = stepOf(range, saidStep);
  const compare = COMPARED.find((one) => one === saidCompare) ?? 'day';
  const days = COMPARISONS[compare];
  const main = useHistory(owner, path, range, step, ASKED_EVERY_MS);
  const earlier = useHistory(owner, path, days > 0 ? shifted(range, days, calendar) : null, step);
  const whole = useWhole(owner, range, ASKED_EVERY_MS);
  const rows = useMemo(() => pair(main.points ?? [], earlier.points ?? [], days, calendar), [main.points, earlier.points, days, calendar]);
  const options = kpis.filter((row) => !isMoment(row)).flatMap(pathsOf).map((key) => ({ key, text: kpi.name(key) }));
  return (
    <>
      <div class="toolbar">
        <OwnerPicker />
        <Select label={words.history.kpi} value={path} options={options} onChange={setPath} />
        <Select label={words.history.compare} value={compare} options={COMPARED.map((key) => ({ key, text: words.history.comparison[key] }))} onChange={setCompare} />
        <Select label={words.history.step} value={String(step)} options={stepsFor(range).map((one) => ({ key: String(one), text: words.history.steps[one]! }))} onChange={setStep} />
      </div>
      <div class="toolbar">
        <RangePicker />
      </div>
      <Answered asked={main.asked}>
        {() => (
          <>
            <Summary path={path} item={whole.item} />
            <section class="panel">
              <Lines path={path} rows={rows} step={step} compare={compare} range={range} item={whole.item} onRange={(fromMs, toMs) => go(withAt(route, { ...ownRange({ fromMs, toMs }), step: '' }))} />
            </section>
            <Values path={path} rows={rows} compare={compare} name={[owner.name || words.history.all, kpi.name(path)]} />
          </>
        )}
      </Answered>
    </>
  );
}

export function OwnerPicker() {
  const { words, live } = useDesk();
  const [of, setOf] = useAt('of');
  useTopics(['agents/all']);
  const groups = useGroups();
  const queues = live.find<QueuesItem>('queues')?.queues ?? [];
  const agents = live.find<{ agents: AgentRow[] }>('agents/all')?.agents ?? [];
  const lists: [string, string, { name: string; label: string }[]][] = [
    ['group', words.history.groups, groups.map((name) => ({ name, label: name }))],
    ['queue', words.history.queues, queues.map((name) => ({ name, label: name }))],
    ['agent', words.history.agents, agents.map(({ name, label }) => ({ name, label: label || name }))],
  ];
  const chosen = writeOwner(readOwner(of));
  const listed = chosen === '' || lists.some(([scope, , names]) => names.some(({ name }) => `${scope}:${name}` === chosen));
  return (
    <label class="field">
      <span>{words.history.of}</span>
      <select value={chosen} onChange={(event) => setOf(event.currentTarget.value)}>
        <option value={writeOwner(ALL)} selected={chosen === ''}>{words.history.all}</option>
        {!listed && <option value={chosen} selected>{readOwner(chosen).name}</option>}
        {lists.filter(([, , names]) => names.length > 0).map(([scope, title, names]) => (
          <optgroup key={scope} label={title}>
            {names.map(({ name, label }) => (
              <option key={name} value={`${scope}:${name}`} selected={chosen === `${scope}:${name}`}>{label}</option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function Summary({ path, item }: { path: string; item: KpiItem | null }) {
  const { words, show } = useDesk();
  const { text, format } = usePage().locale;
  const kpi = useKpiText();
  const { n, lo, hi } = read(item, path);
  return (
    <section class="totals">
      <Explained kpi={keyOf(path)} topic={item?.topic ?? null} class="total">
        <span class="value">
          <b class="digits">{kpi.value(path, item)}</b>
          {n !== undefined && kpi.row(path)?.form !== 'time_share' && <small class="n">{text.tile.n(format.count(n))}</small>}
          {lo != null && hi != null && <small class="n">{text.tile.interval(show.value('percent', lo), show.value('percent', hi))}</small>}
        </span>
        <small>{kpi.name(path)} · {words.history.whole}</small>
      </Explained>
    </section>
  );
}

interface LinesProps {
  path: string;
  rows: Row[];
  step: number;
  compare: Comparison;
  range: Range & { text: string };
  item: KpiItem | null;
  onRange(fromMs: number, toMs: number): void;
}

function Lines({ path, rows, step, compare, range, item, onRange }: LinesProps) {
  const { words, route } = useDesk();
  const kpi = useKpiText();
  if (!rows.some(({ point, earlier }) => point.value !== null || (earlier && earlier.value !== null))) return <Empty title={words.history.nothing} />;
  const series: Series[] = [{ name: kpi.name(path), values: rows.map(({ point }) => point.value), look: 'main' }];
  if (compare !== 'none') series.push({ name: words.history.earlier[compare], values: rows.map(({ earlier }) => earlier?.value ?? null), look: 'earlier' });
  const label = words.history.chart(kpi.name(path), readOwner(route.at.of).name || words.history.all, range.text);
  const goal = path === 'service_level' && item && item.goal > 0 ? item.goal : null;
  return <Chart label={label} times={rows.map(({ fromMs }) => fromMs)} stepMs={step * 60_000} series={series} kind={kpi.kind(path)} goal={goal} onRange={onRange} />;
}

function Values({ path, rows, compare, name }: { path: string; rows: Row[]; compare: Comparison; name: string[] }) {
  const { words, show, calendar } = useDesk();
  const { text, format } = usePage().locale;
  const kpi = useKpiText();
  const [order, setOrder] = useAt('sort', 'from', 'replace');
  const kind = kpi.kind(path);
  const number = (key: string, title: string, value: (row: Row) => number | null | undefined, shown: (value: number | null) => string): Column<Row> => ({
    key, title, numbers: true, value, cell: (row) => <span class="digits">{shown(value(row) ?? null)}</span>,
  });
  const columns: Column<Row>[] = [
    { key: 'from', title: words.history.from, wide: true, value: (row) => row.fromMs, csv: (row) => calendar.iso(row.fromMs), cell: (row) => <span class="digits">{show.stamp(row.fromMs)}</span> },
    number('value', kpi.name(path), ({ point }) => point.value, (value) => show.value(kind, value)),
  ];
  if (rows.some(({ point }) => point.n !== undefined)) columns.push(number('n', words.history.n, ({ point }) => point.n, (n) => (n === null ? text.dash : format.count(n))));
  if (rows.some(({ point }) => point.lo != null)) {
    columns.push(number('lo', `${words.history.interval} ↓`, ({ point }) => point.lo, (value) => show.value(kind, value)), number('hi', `${words.history.interval} ↑`, ({ point }) => point.hi, (value) => show.value(kind, value)));
  }
  if (compare !== 'none') {
    const before = ({ earlier }: Row) => earlier?.value ?? null;
    columns.push(number('earlier', words.history.earlier[compare], before, (value) => show.value(kind, value)), {
      key: 'change', title: words.history.change, numbers: true, cell: (row) => <span class="digits">{show.change(kind, row.point.value, before(row))}</span>,
      value: (row) => (row.point.value === null || before(row) === null ? null : row.point.value - before(row)!),
    });
  }
  const sortedRows = useSorted(rows, columns, readOrder(order, 'from'), (row) => String(row.fromMs));
  return (
    <>
      <div class="toolbar">
        <h2>{words.history.table}</h2>
        <span class="counted">{words.table.rows(format.count(rows.length))}</span>
        <span class="spacer" />
        <Download name={name} rows={() => csvRows(sortedRows, columns)} />
      </div>
      <Table label={words.history.table} rows={sortedRows} columns={columns} order={readOrder(order, 'from')} onOrder={(next) => setOrder(writeOrder(next))} id={(row) => String(row.fromMs)} />
    </>
  );
}
