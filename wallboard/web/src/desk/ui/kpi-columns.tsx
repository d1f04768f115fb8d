// A column for any number of the KPI table.
import { usePage } from '../../ui/context';
import { Since } from '../../ui/Since';
import { StateShape } from '../../ui/shapes';
import { AGENT_STATES, type KpiItem } from '../../model/items';
import { OK, serviceLevelOf, type Level } from '../../model/status';
import type { Cell } from '../model/csv';
import { keyOf, read } from '../model/figure';
import { useDesk } from './context';
import { useKpiText } from './parts';
import type { Column } from './Table';

export interface KpiRow {
  id: string;
  name: string;
  scope: KpiItem['scope'];
  item: KpiItem | null;
  topic: string;
}

// useKpiColumns -- as the paths say, in their order.
export function useKpiColumns(paths: readonly string[]): Column<KpiRow>[] {
  const kpi = useKpiText();
  const { calendar } = useDesk();
  return paths.map((path) => {
    const kind = kpi.kind(path);
    return {
      key: path,
      title: kpi.name(path),
      numbers: true,
      value: ({ item }) => (path === 'agents' ? staffed(item) : waitValue(path, read(item, path).value)),
      cell: ({ item }) => <KpiCell path={path} item={item} />,
      csv: ({ item }) => (path === 'agents' ? agentsText(item) : csvValue(read(item, path).value)),
      explains: { kpi: keyOf(path), topic: ({ item, topic }) => (item ? topic : null) },
    };

    function csvValue(value: number | null): Cell {
      return kind === 'since' && value !== null ? calendar.iso(value / 1000) : value;
    }
  });
}

// waitValue -- the longest wait began the earliest: large is what has waited long.
function waitValue(path: string, value: number | null): number | null {
  return path === 'longest_wait_since_us' && value !== null ? -value : value;
}

function staffed(item: KpiItem | null): number | null {
  return item && item.agents ? AGENT_STATES.reduce((sum, state) => sum + (state === 'offline' ? 0 : (item.agents[state] ?? 0)), 0) : null;
}

function agentsText(item: KpiItem | null): Cell {
  return item && item.agents ? AGENT_STATES.map((state) => `${state} ${item.agents[state] ?? 0}`).join('; ') : null;
}

function KpiCell({ path, item }: { path: string; item: KpiItem | null }) {
  const kpi = useKpiText();
  const { text, format } = usePage().locale;
  if (!item) return <span class="none">{text.dash}</span>;
  if (path === 'longest_wait_since_us') return <WaitCell item={item} />;
  if (path === 'agents') return <AgentsCell item={item} />;
  const { value, n } = read(item, path);
  const level: Level = path === 'service_level' ? serviceLevelOf(item) : OK;
  if (value === null) return <span class="none">{text.dash}</span>;
  return (
    <span class={`kpi at-${level} ${value === 0 ? 'zero' : ''}`}>
      <b class="digits">{kpi.value(path, item)}</b>
      {n !== undefined && kpi.row(path)?.form !== 'time_share' && <small class="n">{text.tile.n(format.count(n))}</small>}
    </span>
  );
}

function WaitCell({ item }: { item: KpiItem }) {
  const { text } = usePage().locale;
  if (item.longest_wait_since_us === null || item.waiting === 0) return <span class="none">{text.dash}</span>;
  return (
    <b class="digits">
      <Since us={item.longest_wait_since_us} />
    </b>
  );
}

// AgentsCell -- who can take the next one, who is at work, and of how many.
function AgentsCell({ item }: { item: KpiItem }) {
  const { text, format } = usePage().locale;
  const states = AGENT_STATES.filter((state) => state !== 'offline' && (item.agents[state] ?? 0) > 0);
  if (states.length === 0) return <span class="none">{text.tile.noAgents}</span>;
  return (
    <span class="states">
      {states.map((state) => (
        <span key={state} class={`is-${state}`} title={text.agent[state]}>
          <StateShape state={state} />
          <span class="hidden-label">{text.agent[state]}</span>
          <b class="digits">{format.count(item.agents[state])}</b>
        </span>
      ))}
    </span>
  );
}
