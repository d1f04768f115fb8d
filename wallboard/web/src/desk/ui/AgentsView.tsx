// Every agent: who, in which state, for how long, with whose contact.
import { usePage } from '../../ui/context';
import { StateShape } from '../../ui/shapes';
import { AGENT_STATES, type AgentState } from '../../model/items';
import { matches, readOrder, writeOrder } from '../model/table';
import { AgentTable, useAgentColumns, type AgentRow } from './agent-table';
import { useAt, useDesk, useTopics } from './context';
import { Download, Empty, SearchField } from './parts';
import { csvRows, useSorted } from './Table';

export function AgentsView() {
  const { words, live } = useDesk();
  const { text, format } = usePage().locale;
  const [typed, setTyped] = useAt('q', '', 'replace');
  const [said, setState] = useAt('state');
  const [order, setOrder] = useAt('sort', 'name');
  useTopics(['agents/all']);
  const agents = live.find<{ agents: AgentRow[] }>('agents/all')?.agents ?? null;
  const columns = useAgentColumns(true);
  const state = AGENT_STATES.find((one) => one === said);
  const shown = (agents ?? []).filter((agent) => (!state || agent.state === state) && matches(typed, agent.label, agent.name, agent.contact_queue, agent.reason, ...agent.queues));
  const rows = useSorted(shown, columns, readOrder(order, 'name'), (row) => row.label || row.name);
  const counts = (one: AgentState) => (agents ?? []).filter((agent) => agent.state === one).length;
  return (
    <>
      <div class="toolbar">
        <SearchField value={typed} onChange={setTyped} />
        <div class="segments" role="group" aria-label={words.agents.state}>
          <button type="button" aria-pressed={!state} onClick={() => setState('')}>
            {words.agents.every} <b class="digits">{format.count(agents?.length ?? 0)}</b>
          </button>
          {AGENT_STATES.map((one) => (
            <button key={one} type="button" aria-pressed={one === state} class={`is-${one}`} onClick={() => setState(one === state ? '' : one)}>
              <StateShape state={one} /> {text.agent[one]} <b class="digits">{format.count(counts(one))}</b>
            </button>
          ))}
        </div>
        <span class="spacer" />
        <Download name={[words.agents.table]} rows={() => csvRows(rows, columns)} />
      </div>
      {agents && agents.length === 0 && <Empty title={text.empty.agents} hint={text.empty.agentsHint} />}
      {agents && agents.length > 0 && rows.length === 0 && <Empty title={words.table.none} />}
      {rows.length > 0 && <AgentTable label={words.agents.table} agents={rows} columns={columns} order={readOrder(order, 'name')} onOrder={(next) => setOrder(writeOrder(next))} tall />}
    </>
  );
}
