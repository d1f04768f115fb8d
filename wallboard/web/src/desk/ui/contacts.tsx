// Lists of contacts: those waiting, those of an agent, those lost.
import { useMemo, useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { Since } from '../../ui/Since';
import type { Cell } from '../model/csv';
import { readOrder, type Order } from '../model/table';
import type { Contact } from '../model/wire';
import { useDesk } from './context';
import { Link } from './parts';
import { csvRows, Table, useSorted, type Column } from './Table';

export type ContactColumn = 'waits' | 'over' | 'offered' | 'queue' | 'customer' | 'waited' | 'channel' | 'priority' | 'topic' | 'agent' | 'outcome' | 'talk' | 'hold' | 'wrap' | 'returned' | 'contact';

// useContactColumns -- as named, in their order.
export function useContactColumns(names: readonly ContactColumn[]): Column<Contact>[] {
  const { words, show, calendar } = useDesk();
  const { text, format } = usePage().locale;
  const { contact: w } = words;
  const iso = (us: number | null): Cell => (us === null ? null : calendar.iso(us / 1000));
  const plain = (key: string, title: string, value: (row: Contact) => string | number | null): Column<Contact> => ({
    key, title, value, cell: (row) => value(row) ?? <span class="none">{text.dash}</span>,
  });
  const time = (key: string, title: string, us: (row: Contact) => number | null): Column<Contact> => ({
    key, title, numbers: true, value: us, csv: (row) => iso(us(row)),
    cell: (row) => <span class="digits">{us(row) === null ? text.dash : show.seconds(us(row)! / 1000)}</span>,
  });
  const lasting = (key: string, title: string, ms: (row: Contact) => number | null): Column<Contact> => ({
    key, title, numbers: true, value: ms, cell: (row) => <span class="digits">{show.value('ms', ms(row))}</span>,
  });
  const all: Record<ContactColumn, Column<Contact>> = {
    waits: {
      key: 'waits', title: w.waits, numbers: true, value: (row) => (row.offered_us === null ? null : -row.offered_us), csv: (row) => iso(row.offered_us),
      cell: (row) => <b class="digits"><Since us={row.offered_us} /></b>,
    },
    over: time('over', w.lostAt, (row) => row.over_us),
    offered: time('offered', w.offered, (row) => row.offered_us),
    queue: { ...plain('queue', w.queue, (row) => row.queue), cell: (row) => <Link to={{ view: 'queue', at: { name: row.queue } }} class="name" tab={-1}>{row.queue}</Link> },
    customer: plain('customer', w.customer, (row) => row.customer),
    waited: lasting('waited', w.waited, (row) => row.wait_ms),
    channel: plain('channel', w.channel, (row) => (row.channel === null ? null : (words.channels[row.channel] ?? row.channel))),
    priority: { ...plain('priority', w.priority, (row) => row.priority), numbers: true },
    topic: plain('topic', w.topic, (row) => row.topic),
    agent: plain('agent', w.agent, (row) => row.agent),
    outcome: plain('outcome', w.outcome, (row) => [w.outcomes[row.outcome] ?? row.outcome, row.reason && row.reason !== row.outcome ? (words.parts[row.reason] ?? row.reason) : null].filter(Boolean).join(text.join)),
    talk: lasting('talk', w.talk, (row) => row.talk_ms),
    hold: lasting('hold', w.hold, (row) => row.hold_ms),
    wrap: lasting('wrap', w.wrap, (row) => row.wrap_ms),
    contact: plain('contact', w.id, (row) => row.contact),
    returned: {
      key: 'returned', title: w.returned, value: (row) => row.returned_us, csv: (row) => iso(row.returned_us),
      cell: (row) => (row.returned_us === null ? <strong class="todo">{w.callBack}</strong> : <span class="done"><Tick /> {show.moment(row.returned_us / 1000)} <small>{row.over_us !== null && w.returnedAfter(format.duration((row.returned_us - row.over_us) / 1000))}</small></span>),
    },
  };
  return useMemo(() => names.map((name) => all[name]), [names.join(), words, show]);
}

function Tick() {
  return (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      <path d="m2.4 8.6 1.5-1.5 2.7 2.7 5.5-6 1.5 1.4-7 7.600z" fill="currentColor" />
    </svg>
  );
}

interface Props {
  label: string;
  contacts: readonly Contact[];
  columns: Column<Contact>[];
  usual: string;
  rowClass?(row: Contact): string;
  tall?: boolean;
}

// contactId -- one visit to a queue.
export function contactId(row: Contact): string {
  return `${row.contact}\n${row.queue}\n${row.offered_us}`;
}

export function useContactOrder(contacts: readonly Contact[], columns: Column<Contact>[], order: Order): { rows: Contact[]; csv: () => Cell[][] } {
  const rows = useSorted(contacts, columns, order, contactId);
  return { rows, csv: () => csvRows(rows, columns) };
}

export function ContactTable({ label, contacts, columns, usual, rowClass, tall = false }: Props) {
  const [order, setOrder] = useState<Order>(readOrder(undefined, usual));
  const { rows } = useContactOrder(contacts, columns, order);
  return <Table label={label} rows={rows} columns={columns} order={order} onOrder={setOrder} id={contactId} {...(rowClass ? { rowClass } : {})} tall={tall} />;
}
