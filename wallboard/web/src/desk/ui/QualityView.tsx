// How well customers were served, each number with what it was counted from and how sure it is.
import type { ComponentChildren } from 'preact';
import type { KpiItem } from '../../model/items';
import { usePage } from '../../ui/context';
import { query } from '../model/ask';
import { CAUSES, DIMENSIONS, keyOf, read } from '../model/figure';
import { readOwner } from '../model/owner';
import { readOrder, writeOrder } from '../model/table';
import { useAsk, useAt, useDesk } from './context';
import { OwnerPicker } from './HistoryView';
import { useWhole } from './history-data';
import { useKpiColumns, type KpiRow } from './kpi-columns';
import { Answered, Download, Explained, Link, Panel, useKpiText } from './parts';
import { RangePicker, useRange } from './range-picker';
import { csvRows, Table, useSorted, type Column } from './Table';

const RULE = { frontline: 0.1, process: 0.3, support: 0.6 }; // a rule of thumb, shown beside what was found
const ASKED_EVERY_MS = 60_000;
const BY_QUEUE = ['fcr_matured', 'fcr_provisional', 'csat', 'csat_top', 'nps', 'complaints.opened', 'complaint_rate', 'journey_ms'];

export function QualityView() {
  const { route } = useDesk();
  const range = useRange('days7');
  const owner = readOwner(route.at.of);
  const { item, asked } = useWhole(owner, range, ASKED_EVERY_MS);
  return (
    <>
      <div class="toolbar">
        <OwnerPicker />
        <RangePicker usual="days7" />
      </div>
      <Answered asked={asked}>{() => item && <Numbers item={item} />}</Answered>
      <ByQueue />
    </>
  );
}

function Numbers({ item }: { item: KpiItem }) {
  const { words } = useDesk();
  const { format } = usePage().locale;
  const { quality: w } = words;
  const hours = item.fcr_window_h;
  return (
    <div class="columns">
      <Panel title={w.resolution}>
        <Share path="fcr_matured" label={w.matured} item={item} />
        <Share path="fcr_provisional" label={w.provisional} item={item} />
        {hours !== undefined && <p class="hint">{w.matures(format.duration(hours * 3600_000))}</p>}
        <Line path="resolved.yes" label={`${w.answers}: ${words.parts.yes}`} item={item} />
        <Line path="resolved.no" label={`${w.answers}: ${words.parts.no}`} item={item} />
      </Panel>
      <Panel title={w.satisfaction}>
        <Line path="csat" label={w.mean} item={item} most={5} />
        <Share path="csat_top" label={w.top} item={item} />
        <Line path="nps" label={w.nps} item={item} />
        <Line path="assess" label={w.assess} item={item} most={30}>
          {item.assess?.tier && <b>{w.tier[item.assess.tier]}</b>}
        </Line>
      </Panel>
      <Panel title={w.rater}>
        {DIMENSIONS.map((part) => (
          <Line key={part} path={`rater.${part}`} label={words.parts[part]!} item={item} most={5} />
        ))}
      </Panel>
      <Panel title={w.journey}>
        <Line path="journey_ms" label={w.mean} item={item} lasting />
        <Line path="journey_p90_ms" label={w.p90} item={item} lasting />
      </Panel>
      <Panel title={w.complaints}>
        <Line path="complaints.opened" label={words.parts.opened!} item={item} />
        <Line path="complaints.open" label={words.parts.open!} item={item} />
        <Line path="complaints.reopened" label={words.parts.reopened!} item={item} />
        <Share path="complaint_rate" label={w.rate} item={item} />
        <Line path="complaint_ack_ms" label={w.ack} item={item} lasting />
        <Line path="complaint_resolve_ms" label={w.resolve} item={item} lasting />
      </Panel>
      <Causes item={item} />
    </div>
  );
}

interface LineProps {
  path: string;
  label: string;
  item: KpiItem;
  most?: number; // of points
  lasting?: boolean; // hours and days rather than seconds
  children?: ComponentChildren;
}

function Line({ path, label, item, most, lasting = false, children }: LineProps) {
  const { words } = useDesk();
  const { text, format } = usePage().locale;
  const kpi = useKpiText();
  const { value, n } = read(item, path);
  return (
    <Explained kpi={keyOf(path)} topic={item.topic} class="score-line">
      <span class="label">{label}</span>
      {children}
      <b class="digits">{lasting && value !== null ? format.duration(value) : kpi.value(path, item)}</b>
      <small class="between">
        {most !== undefined && words.quality.ofPoints(format.count(most))} {n !== undefined && text.tile.n(format.count(n))}
      </small>
      {most !== undefined && <Meter value={value === null ? null : value / most} lo={null} hi={null} />}
    </Explained>
  );
}

// Share -- with its interval, in numbers and as a bar.
function Share({ path, label, item }: LineProps) {
  const { show } = useDesk();
  const { text, format } = usePage().locale;
  const { value, n, lo, hi } = read(item, path);
  return (
    <Explained kpi={keyOf(path)} topic={item.topic} class="score-line">
      <span class="label">{label}</span>
      <b class="digits">{show.value('percent', value)}</b>
      <small class="between">
        {text.tile.n(format.count(n ?? 0))} {lo != null && hi != null && text.tile.interval(show.value('percent', lo), show.value('percent', hi))}
      </small>
      <Meter value={value} lo={lo ?? null} hi={hi ?? null} />
    </Explained>
  );
}

function Meter({ value, lo, hi }: { value: number | null; lo: number | null; hi: number | null }) {
  return (
    <svg class="meter" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="3" width="1000" height="4" />
      {value !== null && <rect class="value" x="0" y="3" width={Math.max(0, Math.min(1, value)) * 1000} height="4" />}
      {lo !== null && hi !== null && <rect class="interval" x={lo * 1000} y="1" width={Math.max(0, hi - lo) * 1000} height="8" />}
    </svg>
  );
}

function Causes({ item }: { item: KpiItem }) {
  const { words, show } = useDesk();
  const { text, format } = usePage().locale;
  const counts = CAUSES.map((cause) => item.causes?.[cause] ?? 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return (
    <Panel title={words.quality.causes} tools={<small class="n">{text.tile.n(format.count(all))}</small>}>
      <table class="causes">
        <thead>
          <tr>
            <th scope="col">{words.quality.causes}</th>
            <td />
            <th scope="col" class="number">{words.quality.here}</th>
            <th scope="col" class="number">{words.quality.reference}</th>
          </tr>
        </thead>
        <tbody>
          {CAUSES.map((cause, i) => (
            <tr key={cause}>
              <th scope="row">{words.parts[cause]}</th>
              <td class="bar-cell">
                <svg viewBox="0 0 1000 18" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="found" x="0" y="2" width={all === 0 ? 0 : (counts[i]! / all) * 1000} height="8" />
                  <rect class="expected" x="0" y="12" width={RULE[cause] * 1000} height="4" />
                </svg>
              </td>
              <td>
                <Explained kpi="causes" topic={item.topic}>
                  <b class="digits">{show.value('percent', all === 0 ? null : counts[i]! / all)}</b> <small class="n">{text.tile.n(format.count(counts[i]!))}</small>
                </Explained>
              </td>
              <td class="none">{format.percent(RULE[cause])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{words.quality.causesHint}</p>
    </Panel>
  );
}

function ByQueue() {
  const { words, items } = useDesk();
  const range = useRange('days7');
  const [order, setOrder] = useAt('sort', 'name', 'replace');
  const asked = useAsk<{ items: KpiItem[] }>([query('/api/v1/kpi', { scope: 'queue', from: range.fromMs * 1000, to: range.toMs * 1000 })], ASKED_EVERY_MS);
  const numbers = useKpiColumns(BY_QUEUE);
  const name: Column<KpiRow> = {
    key: 'name', title: words.table.name, wide: true, value: (row) => row.name,
    cell: (row) => <Link to={{ view: 'quality', at: { of: `queue:${row.name}` } }} class="name" tab={-1}>{row.name}</Link>,
  };
  const columns = [name, ...numbers];
  const rows = (asked.data?.[0]?.items ?? []).map((found): KpiRow => {
    const item: KpiItem = { ...found, window: 'range', topic: `range/queue/${found.name}` };
    items.set(item.topic, item);
    return { id: item.topic, name: item.name, scope: 'queue', item, topic: item.topic };
  });
  const all = useSorted(rows, columns, readOrder(order, 'name'), (row) => row.name);
  return (
    <Panel title={words.quality.byQueue} tools={<Download name={[words.heading.quality, range.text]} rows={() => csvRows(all, columns)} />}>
      <Answered asked={asked}>{() => all.length > 0 && <Table label={words.quality.byQueue} rows={all} columns={columns} order={readOrder(order, 'name')} onOrder={(next) => setOrder(writeOrder(next))} id={(row) => row.id} />}</Answered>
    </Panel>
  );
}
