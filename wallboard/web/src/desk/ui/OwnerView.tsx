// A queue, or a group of queues, from near: its numbers in every window, who waits, its agents, its day.
import { useState } from 'preact/hooks';
import { topicName, WINDOWS, type KpiItem, type QueuesItem } from '../../model/items';
import { usePage } from '../../ui/context';
import { isMoment, keyOf, pathsOf } from '../model/figure';
import { query } from '../model/ask';
import type { Owner } from '../model/owner';
import { presetRange } from '../model/range';
import { matches, readOrder, type Order } from '../model/table';
import type { Contact, Contacts } from '../model/wire';
import { AgentTable, useAgentColumns, type AgentRow } from './agent-table';
import { Chart, type Series } from './Chart';
import { ContactTable, useContactColumns } from './contacts';
import { useAsk, useAt, useDesk, useTopics } from './context';
import { useHistory } from './history-data';
import { useWindow, WindowSwitch } from './NowView';
import { Answered, Download, Empty, Explained, Link, Panel, Select, useKpiText } from './parts';
import { csvRows, useSorted } from './Table';
import { Totals } from './Totals';

const TODAY_EVERY_MS = 60_000;

export function OwnerView() {
  const { words, live, route } = useDesk();
  const name = route.at.name ?? 'all';
  const owner: Owner = route.view === 'group' ? { scope: 'group', name } : { scope: 'queue', name };
  const topic = (window: string) => `${owner.scope}/${topicName(name)}/${window}`;
  const [window] = useWindow();
  useTopics(WINDOWS.map(topic));
  const item = live.find(topic(window));
  const queues = live.find<QueuesItem>('queues')?.queues;
  const unknown = owner.scope === 'queue' && queues !== undefined && !queues.includes(name);
  if (unknown) return <Empty title={words.queue.unknown(name)} hint={words.queue.unknownHint} />;
  const of = `${owner.scope}:${name}`;
  return (
    <>
      <div class="toolbar">
        <WindowSwitch />
        <span class="spacer" />
        <Link class="button" to={{ view: 'history', at: { of } }}>{words.queue.history}</Link>
        {owner.scope === 'queue' && <Link class="button" to={{ view: 'lost', at: { queue: name } }}>{words.queue.lost}</Link>}
        <Link class="button" to={{ view: 'quality', at: { of } }}>{words.queue.quality}</Link>
      </div>
      <Totals item={item} label={name} />
      <div class="columns two-to-one">
        <Today owner={owner} />
        {owner.scope === 'queue' && <Waiting name={name} />}
      </div>
      {owner.scope === 'queue' && <Members name={name} />}
      <Numbers items={WINDOWS.map((one) => live.find(topic(one)))} />
    </>
  );
}

function Waiting({ name }: { name: string }) {
  const { words, live } = useDesk();
  const topic = `waiting/${topicName(name)}`;
  useTopics([topic]);
  const asked = useAsk<Contacts>([query('/api/v1/contacts', { outcome: 'waiting', queue: name })]);
  const told = live.find<Contacts>(topic)?.contacts;
  const columns = useContactColumns(['waits', 'customer', 'channel', 'priority', 'topic', 'contact']);
  const list = (contacts: Contact[]) =>
    contacts.length === 0 ? <Empty title={words.queue.nobody} /> : <ContactTable label={words.queue.waiting} contacts={contacts} columns={columns} usual="-waits" />;
  return (
    <Panel title={words.queue.waiting} class="live-part">
      {told ? list(told) : <Answered asked={asked}>{([answer]) => list(answer?.contacts ?? [])}</Answered>}
    </Panel>
  );
}

function Members({ name }: { name: string }) {
  const { words, live } = useDesk();
  const [order, setOrder] = useState<Order>(readOrder(undefined, 'state'));
  useTopics([`agents/${topicName(name)}`]);
  const columns = useAgentColumns(false);
  const agents = live.find<{ agents: AgentRow[] }>(`agents/${topicName(name)}`)?.agents ?? [];
  const rows = useSorted(agents, columns, order, (row) => row.label || row.name);
  return (
    <Panel title={words.queue.members} class="live-part" tools={rows.length > 0 && <Download name={[name, words.agents.table]} rows={() => csvRows(rows, columns)} />}>
      {rows.length === 0 ? <Empty title={words.agents.none} /> : <AgentTable label={words.queue.members} agents={agents} columns={columns} order={order} onOrder={setOrder} />}
    </Panel>
  );
}

// Today -- one number's curve, in quarters of an hour; what was offered stands beside what was lost of it.
export function Today({ owner }: { owner: Owner }) {
  const { words, kpis, calendar, route } = useDesk();
  const { ticker } = usePage();
  const kpi = useKpiText();
  const [path, setPath] = useAt('kpi', 'offered', 'replace');
  const quarter = Math.ceil(ticker.clockMs() / 900_000) * 900_000;
  const range = presetRange('today', quarter, calendar);
  const main = useHistory(owner, path, range, 15, TODAY_EVERY_MS);
  const lost = useHistory(owner, path === 'offered' ? 'abandoned' : null, range, 15, TODAY_EVERY_MS);
  const options = kpis.filter((row) => !isMoment(row)).flatMap(pathsOf).map((key) => ({ key, text: kpi.name(key) }));
  const label = words.queue.todayOf(kpi.name(path));
  return (
    <Panel title={words.queue.today} tools={<Select label={words.queue.kpi} value={path} options={options} onChange={setPath} />}>
      <Answered asked={main.asked}>
        {() => {
          const series: Series[] = [{ name: kpi.name(path), values: (main.points ?? []).map((point) => point.value), look: 'main' }];
          if (lost.points && lost.points.length === main.points?.length) series.push({ name: kpi.name('abandoned'), values: lost.points.map((point) => point.value), look: 'bad' });
          const times = (main.points ?? []).map((point) => point.from_us / 1000);
          return <Chart label={`${route.at.name ?? ''} ${label}`} times={times} stepMs={900_000} series={series} kind={kpi.kind(path)} />;
        }}
      </Answered>
    </Panel>
  );
}

// Numbers -- everything that is known, window beside window.
export function Numbers({ items }: { items: (KpiItem | null)[] }) {
  const { words, kpis } = useDesk();
  const { text } = usePage().locale;
  const kpi = useKpiText();
  const [typed, setTyped] = useState('');
  const paths = kpis.flatMap(pathsOf).filter((path) => !path.startsWith('longest_wait') && matches(typed, kpi.name(path)));
  return (
    <Panel
      title={words.queue.numbers}
      tools={<input type="search" class="search" data-search aria-label={words.search.label} placeholder={words.search.hint} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />}
    >
      <div class="grid-box plain">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.queue.kpi}</th>
              {WINDOWS.map((window) => (
                <th key={window} scope="col" class="number">{text.window[window]}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {paths.map((path) => (
              <tr key={path}>
                <th scope="row">{kpi.name(path)}</th>
                {WINDOWS.map((window, i) => (
                  <td key={window} class="number">
                    <Explained kpi={keyOf(path)} topic={items[i]?.topic ?? null}>
                      <b class="digits">{kpi.value(path, items[i] ?? null)}</b>
                    </Explained>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
