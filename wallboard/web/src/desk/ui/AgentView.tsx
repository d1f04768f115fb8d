// One agent from near: states over time, contacts, numbers.
import { topicName, WINDOWS, AGENT_STATES, type AgentState } from '../../model/items';
import { usePage } from '../../ui/context';
import { Since } from '../../ui/Since';
import { query } from '../model/ask';
import type { Calendar } from '../model/calendar';
import type { Range } from '../model/range';
import { readOrder } from '../model/table';
import type { Contacts, Span, Timeline } from '../model/wire';
import type { AgentRow } from './agent-table';
import { ContactTable, useContactColumns } from './contacts';
import { useAsk, useDesk, useTopics } from './context';
import { Numbers, Today } from './OwnerView';
import { Answered, Empty, Link, Panel, StateMark } from './parts';
import { RangePicker, useRange } from './range-picker';
import { Table, type Column } from './Table';

const ASKED_EVERY_MS = 15_000;

export function AgentView() {
  const { words, live, route } = useDesk();
  const name = route.at.name ?? '';
  const topic = (window: string) => `agent/${topicName(name)}/${window}`;
  useTopics(['agents/all', ...WINDOWS.map(topic)]);
  const agents = live.find<{ agents: AgentRow[] }>('agents/all')?.agents;
  const agent = agents?.find((one) => one.name === name);
  const range = useRange();
  return (
    <>
      {agent && <Card agent={agent} />}
      <div class="toolbar">
        <RangePicker />
        <span class="spacer" />
        <Link class="button" to={{ view: 'history', at: { of: `agent:${name}`, kpi: 'answered' } }}>{words.queue.history}</Link>
      </div>
      <States name={name} range={range} />
      <AgentContacts name={name} range={range} />
      <Today owner={{ scope: 'agent', name }} />
      <Numbers items={WINDOWS.map((one) => live.find(topic(one)))} />
    </>
  );
}

function Card({ agent }: { agent: AgentRow }) {
  const { words } = useDesk();
  return (
    <section class="panel card live-part">
      <p>
        <StateMark state={agent.state} /> <b class="digits"><Since us={agent.since_us} /></b> {agent.contact_queue && <span>{words.agents.contact} {agent.contact_queue}</span>}
        {agent.reason && <span>{agent.reason}</span>}
      </p>
      <p class="hint">
        <span>{words.agents.queues}</span>
        {agent.queues.map((queue) => (
          <Link key={queue} to={{ view: 'queue', at: { name: queue } }}>{queue}</Link>
        ))}
      </p>
    </section>
  );
}

function States({ name, range }: { name: string; range: Range & { text: string } }) {
  const { words } = useDesk();
  const asked = useAsk<Timeline>([query('/api/v1/timeline', { agent: name, from: range.fromMs * 1000, to: range.toMs * 1000 })], ASKED_EVERY_MS);
  if (asked.problem?.kind === 'absent') return null; // this server keeps no timelines, or none of this agent
  return (
    <Panel title={words.agent.timelineOf(range.text)}>
      <Answered asked={asked}>
        {([told]) => {
          const spans = (told?.spans ?? []).map((span) => ({ ...span, to_us: span.to_us ?? told!.at_us }));
          return spans.length === 0 ? <Empty title={words.agent.noSpans} /> : <Spans spans={spans} range={range} />;
        }}
      </Answered>
    </Panel>
  );
}

// marks -- whole hours or days, some six of them.
function marks({ fromMs, toMs }: Range, calendar: Calendar): number[] {
  const stepMs = [1, 2, 3, 4, 6, 12, 24, 48, 120, 240].map((hours) => hours * 3600_000).find((step) => (toMs - fromMs) / step <= 8) ?? toMs - fromMs;
  const found: number[] = [];
  for (let at = calendar.startOfDay(fromMs); at < toMs; at += stepMs) if (at >= fromMs) found.push(at);
  return found;
}

type Whole = Span & { to_us: number };

function Spans({ spans, range }: { spans: Whole[]; range: Range }) {
  const { words, show, calendar } = useDesk();
  const { text } = usePage().locale;
  const share = (ms: number) => `${(100 * Math.min(1, Math.max(0, (ms - range.fromMs) / (range.toMs - range.fromMs)))).toFixed(3)}%`;
  const sums = AGENT_STATES.map((state) => ({ state, ms: spans.reduce((sum, span) => sum + (span.state === state ? (span.to_us - span.from_us) / 1000 : 0), 0) })).filter(({ ms }) => ms > 0);
  const ticks = marks(range, calendar);
  const time = (key: string, title: string, us: (span: Whole) => number): Column<Whole> => ({
    key, title, numbers: true, value: us, csv: (span) => calendar.iso(us(span) / 1000), cell: (span) => <span class="digits">{show.seconds(us(span) / 1000)}</span>,
  });
  const columns: Column<Whole>[] = [
    time('from', words.agent.from, (span) => span.from_us),
    time('to', words.agent.to, (span) => span.to_us),
    { key: 'lasted', title: words.agent.lasted, numbers: true, value: (span) => span.to_us - span.from_us, cell: (span) => <span class="digits">{show.value('ms', (span.to_us - span.from_us) / 1000)}</span> },
    { key: 'state', title: words.agents.state, wide: true, value: (span) => text.agent[span.state], cell: (span) => <StateMark state={span.state} /> },
    { key: 'reason', title: words.agents.reason, value: (span) => span.reason, cell: (span) => span.reason ?? <span class="none">{text.dash}</span> },
  ];
  return (
    <>
      <div class="timeline" aria-hidden="true">
        {spans.map((span) => (
          <span key={span.from_us} class={`is-${span.state}`} title={titleOf(span)} style={{ left: share(span.from_us / 1000), width: `calc(${share(span.to_us / 1000)} - ${share(span.from_us / 1000)})` }} />
        ))}
      </div>
      <div class="timeline-axis" aria-hidden="true">
        {ticks.map((ms) => (
          <span key={ms} style={{ left: share(ms) }}>{show.moment(ms)}</span>
        ))}
      </div>
      <p class="legend">
        {sums.map(({ state, ms }) => (
          <span key={state}>
            <StateMark state={state} /> <b class="digits">{show.value('ms', ms)}</b>
          </span>
        ))}
      </p>
      <details>
        <summary>{words.agent.spans}</summary>
        <Table label={words.agent.spans} rows={[...spans].reverse()} columns={columns} order={readOrder(undefined, '-from')} onOrder={() => undefined} id={(span) => String(span.from_us)} />
      </details>
    </>
  );

  function titleOf(span: Whole): string {
    return `${text.agent[span.state as AgentState]} ${show.seconds(span.from_us / 1000)} – ${show.seconds(span.to_us / 1000)}`;
  }
}

function AgentContacts({ name, range }: { name: string; range: Range }) {
  const { words } = useDesk();
  const asked = useAsk<Contacts>([query('/api/v1/contacts', { outcome: 'all', agent: name, from: range.fromMs * 1000, to: range.toMs * 1000, limit: 500 })], ASKED_EVERY_MS);
  const columns = useContactColumns(['offered', 'queue', 'outcome', 'waited', 'talk', 'hold', 'wrap', 'channel', 'customer', 'contact']);
  return (
    <Panel title={words.agent.contacts}>
      <Answered asked={asked}>
        {([told]) => (told && told.contacts.length > 0 ? <ContactTable label={words.agent.contacts} contacts={told.contacts} columns={columns} usual="-offered" /> : <Empty title={words.contact.none} />)}
      </Answered>
    </Panel>
  );
}
