// The few that lead a list: queues or agents by one number.
import type { Tile } from './board';
import { betterOf, figureOf, type Figure } from './figure';
import { unitOf } from './figure';
import type { Agent, KpiItem } from './items';

export interface Rank {
  name: string;
  label: string;
  figure: Figure;
  topic: string; // of what explains it; empty: nothing does
}

const USUAL_LIMIT = 10;

// ranksOf -- best first, unless the tile says which end it is about; who has no number is not ranked.
export function ranksOf(tile: Tile, items: (KpiItem | null)[], agents: Agent[]): Rank[] {
  const labels = new Map(agents.map(({ name, label }) => [name, label || name]));
  const ranks: Rank[] =
    items.length > 0
      ? items.flatMap((item) => (item === null ? [] : [{ name: item.name, label: labels.get(item.name) ?? item.name, figure: figureOf(item, tile.kpi), topic: item.topic }]))
      : agents.map((agent) => ({ name: agent.name, label: agent.label || agent.name, figure: figureOfAgent(agent, tile.kpi), topic: '' }));
  const order = (tile.order ?? betterOf(tile.kpi)) === 'high' ? 1 : -1;
  return ranks
    .filter(({ figure }) => figure.value !== null)
    .sort((a, b) => order * (b.figure.value! - a.figure.value!) || (a.label < b.label ? -1 : 1))
    .slice(0, tile.limit ?? USUAL_LIMIT);
}

function figureOfAgent(agent: Agent, kpi: string): Figure {
  const value = (agent as unknown as Record<string, unknown>)[kpi];
  return { value: typeof value === 'number' ? value : null, n: null, lo: null, hi: null, unit: unitOf(kpi) };
}
