// Every agent: who, in which state, for how long, with whose contact. Sorted by label and nothing else: people look for a
// name where it was a moment ago.
import type { Layout } from '../model/layout';
import type { Agent } from '../model/items';
import { usePage } from './context';
import { memo } from './memo';
import { Dots, usePages } from './Pager';
import { StateShape } from './shapes';
import { Since } from './Since';

const TURN_MS = 10_000;

interface Props {
  agents: Agent[] | null;
  layout: Layout;
}

// agentsToShow -- all of them where they fit; else those signed in, and how many were left out.
export function agentsToShow(agents: Agent[], room: number): { shown: Agent[]; hidden: number } {
  if (agents.length <= room) return { shown: agents, hidden: 0 };
  const shown = agents.filter((agent) => agent.state !== 'offline');
  return { shown, hidden: agents.length - shown.length };
}

export function AgentGrid({ agents, layout }: Props) {
  const { text, format } = usePage().locale;
  const { shown, hidden } = agentsToShow(agents ?? [], layout.agentsPerPage);
  const pager = usePages(shown, layout.agentsPerPage, TURN_MS);
  const grid = layout.flow
    ? { fontSize: `${layout.agentEm}px` }
    : {
        fontSize: `${layout.agentEm}px`,
        gridTemplateColumns: `repeat(${layout.agentColumns}, minmax(0, 1fr))`,
        gridTemplateRows: `repeat(${layout.agentRows}, minmax(0, 1fr))`,
      };
  return (
    <section class="agents-section" aria-label={text.agents}>
      <div class="section-title">
        <h2>{text.agents}</h2>
        {shown.length > 0 && <span>{format.count(shown.length)}</span>}
        {hidden > 0 && <span>{text.offlineHidden(format.count(hidden))}</span>}
        <Dots pager={pager} />
      </div>
      {agents !== null && agents.length === 0 && (
        <div class="empty">
          <p>{text.empty.agents}</p>
          <small>{text.empty.agentsHint}</small>
        </div>
      )}
      {shown.length > 0 && (
        <ul class="agent-grid" style={grid}>
          {pager.items.map((agent) => (
            <AgentCell
              key={agent.name}
              label={agent.label || agent.name}
              state={agent.state}
              since={agent.since_us}
              reason={agent.reason}
              queue={agent.contact_queue}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface CellProps {
  label: string;
  state: Agent['state'];
  since: number | null;
  reason: string | undefined;
  queue: string | undefined;
}

const AgentCell = memo(function AgentCell({ label, state, since, reason, queue }: CellProps) {
  const { text } = usePage().locale;
  const beside = queue || reason;
  return (
    <li class={`agent is-${state}`}>
      <StateShape state={state} />
      <span class="label" title={label}>
        {label}
      </span>
      <span class="time digits">
        <Since us={since} />
      </span>
      <span class="doing">
        <span class="word">{text.agent[state] ?? state}</span>
        {beside && <span class="beside">{beside}</span>}
      </span>
    </li>
  );
});
