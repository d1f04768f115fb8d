// Agents with their states, everywhere they are listed.
import { useMemo } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { Since } from '../../ui/Since';
import { AGENT_STATES, type Agent } from '../../model/items';
import type { Order } from '../model/table';
import type { AgentDay } from '../model/wire';
import { useDesk } from './context';
import { Link, StateMark } from './parts';
import { Table, useSorted, type Column } from './Table';

export type AgentRow = Agent & AgentDay;

export function useAgentColumns(queues: boolean): Column<AgentRow>[] {
  const { words, show, calendar } = useDesk();
  const { text, format } = usePage().locale;
  const { agents: w } = words;
  const dash = <span class="none">{text.dash}</span>;
  const count = (value: number | null | undefined) => (value == null ? dash : <span class={`digits ${value === 0 ? 'zero' : ''}`}>{format.count(value)}</span>);
  return useMemo(() => {
    const columns: Column<AgentRow>[] = [
      { key: 'name', title: words.table.name, wide: true, value: (row) => row.label || row.name, cell: (row) => <Link to={{ view: 'agent', at: { name: row.name } }} class="name" tab={-1}>{row.label || row.name}</Link> },
      { key: 'state', title: w.state, value: (row) => AGENT_STATES.indexOf(row.state), csv: (row) => text.agent[row.state], cell: (row) => <StateMark state={row.state} /> },
      { key: 'since', title: w.since, numbers: true, value: (row) => (row.since_us === null ? null : -row.since_us), csv: (row) => (row.since_us === null ? null : calendar.iso(row.since_us / 1000)), cell: (row) => <b class="digits"><Since us={row.since_us} /></b> },
      { key: 'contact', title: w.contact, value: (row) => row.contact_queue ?? null, cell: (row) => row.contact_queue ?? dash },
      { key: 'reason', title: w.reason, value: (row) => row.reason ?? null, cell: (row) => row.reason ?? dash },
      { key: 'answered', title: w.answered, numbers: true, value: (row) => row.answered ?? null, cell: (row) => count(row.answered) },
      { key: 'missed', title: w.missed, numbers: true, value: (row) => row.missed ?? null, cell: (row) => count(row.missed) },
      { key: 'talk', title: w.talk, numbers: true, value: (row) => row.talk_ms ?? null, cell: (row) => <span class="digits">{show.value('ms', row.talk_ms ?? null)}</span> },
    ];
    const names = (row: AgentRow) => row.queues.join(text.join);
    if (queues) columns.push({ key: 'queues', title: w.queues, value: names, cell: (row) => <span class="clip" title={names(row)}>{names(row)}</span> });
    return columns;
  }, [words, show, text, queues]);
}

interface Props {
  label: string;
  agents: readonly AgentRow[];
  columns: Column<AgentRow>[];
  order: Order;
  onOrder(order: Order): void;
  tall?: boolean;
}

export function AgentTable({ label, agents, columns, order, onOrder, tall = false }: Props) {
  const rows = useSorted(agents, columns, order, (row) => row.label || row.name);
  return <Table label={label} rows={rows} columns={columns} order={order} onOrder={onOrder} id={(row) => row.name} tall={tall} />;
}
