// Every agent: who, in which state, for how long, with whose contact. Sorted by label and nothing else: people look for a
// name where it was a moment ago.
import { planAgents } from '../../model/layout';
import type { Agent } from '../../model/items';
import { usePage } from '../context';
import { memo } from '../memo';
import { Dots, usePages } from '../Pager';
import { StateShape } from '../shapes';
import { Since } from '../Since';
import { Empty, Frame, useAbsence, useHead, type TileProps } from './Frame';

const TURN_MS = 10_000;

// agentsToShow -- all of them where they fit; else those signed in, and how many were left out.
function agentsToShow(agents: Agent[], room: number): { shown: Agent[]; hidden: number } {
  if (agents.length <= room) return { shown: agents, hidden: 0 };
  const shown = agents.filter((agent) => agent.state !== 'offline');
  return { shown, hidden: agents.length - shown.length };
}

export function AgentsTile({ view, box }: TileProps) {
  const { text, format } = usePage().locale;
  const head = { ...useHead({ view, box }), lines: 1, em: 1 };
  const absence = useAbsence(view);
  const room = box.height - 1.75 * box.screen.rem;
  const signedIn = view.agents.filter((agent) => agent.state !== 'offline').length;
  const all = planAgents(box.width, room, box.screen, view.agents.length);
  const plan = all.perPage >= view.agents.length ? all : planAgents(box.width, room, box.screen, signedIn);
  const { shown, hidden } = agentsToShow(view.agents, plan.perPage);
  const pager = usePages(shown, plan.perPage, TURN_MS);
  const tracks = box.screen.flow
    ? {}
    : { gridTemplateColumns: `repeat(${plan.columns}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${plan.rows}, minmax(0, ${AGENT_ROW_EM_MAX}em))` };
  const aside = (
    <span class="aside">
      {shown.length > 0 && <span>{format.count(shown.length)}</span>}
      {hidden > 0 && <span>{text.offlineHidden(format.count(hidden))}</span>}
      <Dots pager={pager} />
    </span>
  );
  return (
    <Frame view={view} box={box} head={head} class="bare agents-section" aside={aside}>
      {shown.length === 0 ? (
        <Empty words={absence ?? text.empty.agents} hint={absence === null ? text.empty.agentsHint : ''} />
      ) : (
        <ul class="agent-grid" style={{ fontSize: `${plan.em}px`, ...tracks }}>
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
    </Frame>
  );
}

const AGENT_ROW_EM_MAX = 4; // a handful of agents do not spread over the whole wall

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
