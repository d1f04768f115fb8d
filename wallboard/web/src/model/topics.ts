// What a tile needs to be sent. A subscription may name so many topics and so many bytes of them: where single names are
// too many, everything that begins like them is asked for instead.
import type { Board, Tile } from './board';
import { isMoment } from './figure';
import { kpiTopic, topicName, type Owner, type Window } from './items';

export const NAMES_MAX = 500; // queues or agents: more than any wall shows; the rest is counted on the screen
const TOPICS_MAX = 900; // of a subscription, and their bytes: a little less than the server takes
const TOPIC_BYTES_MAX = 15_000;

export interface Known {
  queues: string[];
  agents: string[];
}

const OF_OWNER = ['number', 'goal', 'gauge', 'trend', 'causes', 'rater'];

// windowOf -- over which the tile's numbers are: what is only now has no other.
export function windowOf(tile: Tile): Window | 'now' {
  if (tile.kind === 'queues') return tile.window === undefined || tile.window === 'now' ? 'day' : tile.window;
  if (isMoment(tile.kpi) && !tile.more.some((kpi) => !isMoment(kpi))) return 'now';
  return tile.window === undefined || tile.window === 'now' ? 'day' : tile.window;
}

// liveWindow -- what a trend is fed by: the day is drawn by its quarters of an hour, since a day's mean hardly moves.
export function liveWindow(tile: Tile): Window | 'now' {
  const window = windowOf(tile);
  return tile.kind === 'trend' && window === 'day' ? 'm15' : window;
}

// ownerTopics -- of a queue or group that only one channel ever reached there is no topic by channel: hence both.
export function ownerTopics(tile: Tile): string[] {
  const window = liveWindow(tile);
  const owner: Owner = tile.scope === 'all' ? 'group' : tile.scope;
  const name = tile.scope === 'all' ? 'all' : tile.name;
  const whole = kpiTopic(owner, name, window);
  return tile.channel === undefined || owner === 'agent' ? [whole] : [kpiTopic(owner, name, window, tile.channel), whole];
}

// queuesOf -- the queues that a tile lists: those it names, those of its group, else all.
export function queuesOf(tile: Tile, known: Known, group: string[] | undefined): string[] {
  const names = tile.queues ?? (tile.group === undefined ? known.queues : (group ?? []));
  return names.slice(0, NAMES_MAX);
}

export function queueTopicsOf(tile: Tile, name: string): { main: string; other: string } {
  const window = windowOf(tile) as Window;
  return { main: kpiTopic('queue', name, window), other: kpiTopic('queue', name, window === 'day' ? 'm15' : 'day') };
}

export const agentsTopic = (queue: string | undefined) => `agents/${queue === undefined ? 'all' : topicName(queue)}`;
export const abandonedTopic = (queue: string | undefined) => `abandoned/${queue === undefined ? 'all' : topicName(queue)}`;
export const groupTopic = (tile: Tile) => kpiTopic('group', tile.group ?? 'all', windowOf(tile));

// ofAgents -- what the list of agents tells of each of them: today's, without a topic per agent.
export const OF_AGENTS = ['answered', 'missed', 'talk_ms'];

export function rankTopic(tile: Tile, name: string): string {
  return kpiTopic(tile.of, name, windowOf(tile));
}

export const fromAgents = (tile: Tile) => tile.of === 'agent' && windowOf(tile) === 'day' && OF_AGENTS.includes(tile.kpi);

function topicsOf(tile: Tile, known: Known, group: string[] | undefined): string[] {
  if (OF_OWNER.includes(tile.kind)) return ownerTopics(tile);
  switch (tile.kind) {
    case 'queues':
      return [
        ...(tile.group === undefined ? [] : [groupTopic(tile)]),
        ...queuesOf(tile, known, group).flatMap((name) => Object.values(queueTopicsOf(tile, name))),
      ];
    case 'agents':
      return [agentsTopic(tile.queue)];
    case 'abandoned':
      return [abandonedTopic(tile.queue)];
    case 'top':
      if (tile.of === 'queue') return known.queues.slice(0, NAMES_MAX).map((name) => rankTopic(tile, name));
      return fromAgents(tile) ? ['agents/all'] : ['agents/all', ...known.agents.slice(0, NAMES_MAX).map((name) => rankTopic(tile, name))];
    default:
      return [];
  }
}

// topicsFor -- of whole boards, each once; `group` tells the queues of a group where they are known.
export function topicsFor(boards: Board[], always: string[], known: Known, group: (name: string) => string[] | undefined): string[] {
  const tiles = boards.flatMap((board) => board.tiles);
  const wanted = new Set([...always, ...tiles.flatMap((tile) => topicsOf(tile, known, group(tile.group ?? '')))]);
  const names = [...wanted];
  const bytes = names.reduce((sum, topic) => sum + 3 * topic.length, 0); // three: the most a character may take
  if (names.length <= TOPICS_MAX && bytes <= TOPIC_BYTES_MAX) return names;
  return folded(names);
}

function folded(names: string[]): string[] {
  const of = (prefix: string) => names.filter((name) => name.startsWith(prefix)).length;
  const prefixes = ['queue/', 'agent/'].filter((prefix) => of(prefix) > 20);
  return [...names.filter((name) => !prefixes.some((prefix) => name.startsWith(prefix))), ...prefixes.map((prefix) => `${prefix}*`)];
}
