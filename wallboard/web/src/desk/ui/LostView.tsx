// Who gave up waiting: a list to call back, without those who came again by themselves.
import type { QueuesItem } from '../../model/items';
import { usePage } from '../../ui/context';
import { query } from '../model/ask';
import { matches, readOrder, writeOrder } from '../model/table';
import type { Contact, Contacts } from '../model/wire';
import { contactId, useContactColumns } from './contacts';
import { useAsk, useAt, useDesk, useTopics } from './context';
import { Answered, Download, Empty, SearchField, Segments, Select } from './parts';
import { RangePicker, useRange } from './range-picker';
import { csvRows, Table, useSorted } from './Table';

const FILTERS = ['open', 'returned', 'all'] as const;
const LIMIT = 1000;
const ASKED_EVERY_MS = 15_000;

export function LostView() {
  const { words, live } = useDesk();
  const range = useRange();
  const [queue, setQueue] = useAt('queue');
  useTopics(['abandoned/all']);
  const news = live.find<{ ver?: number }>('abandoned/all')?.ver ?? null; // somebody was lost, or came back
  const asked = useAsk<Contacts>([query('/api/v1/contacts', { outcome: 'abandoned', queue, from: range.fromMs * 1000, to: range.toMs * 1000, limit: LIMIT })], ASKED_EVERY_MS, news);
  const queues = live.find<QueuesItem>('queues')?.queues ?? [];
  const options = [{ key: '', text: words.lost.everyQueue }, ...(queue !== '' && !queues.includes(queue) ? [queue] : []).concat(queues).map((key) => ({ key, text: key }))];
  return (
    <>
      <div class="toolbar">
        <RangePicker />
        <Select label={words.lost.queue} value={queue} options={options} onChange={setQueue} />
      </div>
      <Answered asked={asked}>{([told]) => <List contacts={told?.contacts ?? []} />}</Answered>
    </>
  );
}

function List({ contacts }: { contacts: Contact[] }) {
  const { words } = useDesk();
  const { format } = usePage().locale;
  const [typed, setTyped] = useAt('q', '', 'replace');
  const [said, setFilter] = useAt('show', 'open');
  const [order, setOrder] = useAt('sort', '-over');
  const filter = FILTERS.find((one) => one === said) ?? 'open';
  const columns = useContactColumns(['over', 'customer', 'queue', 'waited', 'returned', 'channel', 'topic', 'contact']);
  const open = contacts.filter((contact) => contact.returned_us === null).length;
  const passes = (contact: Contact) => filter === 'all' || (contact.returned_us === null) === (filter === 'open');
  const shown = contacts.filter((contact) => passes(contact) && matches(typed, contact.customer, contact.queue, contact.contact, contact.topic));
  const rows = useSorted(shown, columns, readOrder(order, '-over'), contactId);
  return (
    <>
      <div class="toolbar">
        <SearchField value={typed} onChange={setTyped} />
        <Segments label={words.lost.show} value={filter} options={FILTERS.map((key) => ({ key, text: words.lost.filter[key] }))} onChange={setFilter} />
        <span class="spacer" />
        <span class="counted" role="status">{words.lost.count(format.count(open), format.count(contacts.length))}</span>
        <Download name={[words.lost.table]} rows={() => csvRows(rows, columns)} />
      </div>
      {contacts.length >= LIMIT && <p class="hint">{words.contact.latest(format.count(LIMIT))}</p>}
      {rows.length === 0 ? (
        <Empty title={typed === '' ? words.lost.none : words.table.none} {...(typed === '' ? { hint: words.lost.noneHint } : {})} />
      ) : (
        <Table label={words.lost.table} rows={rows} columns={columns} order={readOrder(order, '-over')} onOrder={(next) => setOrder(writeOrder(next))} id={contactId} rowClass={(row) => (row.returned_us === null ? '' : 'returned')} tall />
      )}
    </>
  );
}
