// Agents by state: shape, count and, where there is room, the word.
import { AGENT_STATES, type KpiItem } from '../model/items';
import { usePage } from './context';
import { StateShape } from './shapes';

export function statesOf(item: KpiItem) {
  return AGENT_STATES.map((state) => ({ state, count: item.agents[state] ?? 0 })).filter(({ count }) => count > 0);
}

// AgentStates -- of a tile without those who are offline: they cannot help, and would push out one who could.
export function AgentStates({ item, words, offline }: { item: KpiItem; words: boolean; offline: boolean }) {
  const { text, format } = usePage().locale;
  const states = statesOf(item).filter(({ state }) => offline || state !== 'offline');
  if (states.length === 0) return <span class="states none">{text.tile.noAgents}</span>;
  return (
    <span class="states">
      {states.map(({ state, count }) => (
        <span key={state} class={`state is-${state}`} aria-label={`${format.count(count)} ${text.agent[state]}`}>
          <StateShape state={state} />
          <b>{format.count(count)}</b>
          {words && <span class="word">{text.agent[state]}</span>}
        </span>
      ))}
    </span>
  );
}

// StatesBar -- the same as one bar, each state as wide as its share.
export function StatesBar({ item }: { item: KpiItem }) {
  return (
    <span class="states-bar" aria-hidden="true">
      {statesOf(item).map(({ state, count }) => (
        <span key={state} class={`is-${state}`} style={{ flexGrow: count }} />
      ))}
    </span>
  );
}
