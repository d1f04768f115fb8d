// What stands on each tile, as one immutable view per tile: a tile of which nothing changed keeps its view, and is not
// drawn anew.
import type { Tile } from './board';
import { figureOf, NOTHING, type Figure } from './figure';
import type { Agent, Alert, AlertsItem, AgentsItem, ContactsItem, Contact, KpiItem } from './items';
import { Line } from './lines';
import { ranksOf, type Rank } from './ranks';
import { QueueBook, type QueueView } from './queues';
import { OK, type Level } from './status';
import { Watch } from './thresholds';
import { abandonedTopic, agentsTopic, fromAgents, groupTopic, NAMES_MAX, ownerTopics, queuesOf, queueTopicsOf, rankTopic, type Known } from './topics';

export interface TileView {
  tile: Tile;
  told: boolean; // what it shows has been sent
  unknown: boolean; // it was asked for and not sent: there is no such queue, group or agent
  old: boolean; // from before the connection was lost; not sent again yet
  item: KpiItem | null;
  figure: Figure;
  level: Level;
  queues: QueueView[];
  queuesHidden: number;
  agents: Agent[];
  contacts: Contact[];
  ranks: Rank[];
  lines: Line[];
  linesVersion: number;
  alerts: Alert[];
}

export interface Source {
  entry(topic: string): unknown; // the latest item of any topic
  find(topic: string): KpiItem | null;
  isOld(topic: string): boolean;
  known(): Known;
  readonly book: QueueBook;
}

const UNKNOWN_AFTER_MS = 2_000;
const NEEDS_NOTHING = ['text', 'clock', 'unknown'];

export class TileState {
  view: TileView;
  private readonly watch: Watch;
  private readonly topics: string[];
  private seen = false; // a level was worked out before: what is found at the start does not sound
  alarms = 0;

  constructor(
    readonly tile: Tile,
    private readonly source: Source,
    private readonly madeAtMs: number,
  ) {
    this.watch = new Watch(tile);
    this.topics = ownerTopics(tile);
    const lines = tile.kind === 'trend' ? [tile.kpi, ...tile.more].map((kpi) => new Line(tile, kpi)) : [];
    this.view = {
      tile, told: NEEDS_NOTHING.includes(tile.kind), unknown: false, old: false, item: null, figure: NOTHING, level: OK, queues: [], queuesHidden: 0, agents: [], contacts: [], ranks: [],
      lines, linesVersion: 0, alerts: [],
    };
  }

  // watched -- the topics whose changes concern this tile.
  watched(): string[] {
    const { tile, source } = this;
    switch (tile.kind) {
      case 'queues':
        return [...(tile.group === undefined ? [] : [groupTopic(tile)]), ...this.queueNames().flatMap((name) => Object.values(queueTopicsOf(tile, name)))];
      case 'agents':
        return [agentsTopic(tile.queue)];
      case 'abandoned':
        return [abandonedTopic(tile.queue)];
      case 'top':
        return fromAgents(tile) ? ['agents/all'] : this.rankNames(source.known()).map((name) => rankTopic(tile, name));
      case 'alerts':
        return ['alerts'];
      default:
        return this.topics;
    }
  }

  queueMains(): string[] {
    return this.tile.kind === 'queues' ? this.queueNames().map((name) => queueTopicsOf(this.tile, name).main) : [];
  }

  refresh(nowMs: number | null): void {
    const { tile } = this;
    if (tile.kind === 'queues') this.refreshQueues(nowMs);
    else if (tile.kind === 'agents') this.refreshAgents();
    else if (tile.kind === 'abandoned') this.refreshList(abandonedTopic(tile.queue), (item: ContactsItem) => ({ contacts: item.contacts ?? [] }));
    else if (tile.kind === 'alerts') this.refreshList('alerts', (item: AlertsItem) => ({ alerts: item.alerts ?? [] }));
    else if (tile.kind === 'top') this.refreshRanks();
    else if (!NEEDS_NOTHING.includes(tile.kind)) this.refreshFigure(nowMs);
  }

  second(live: boolean, nowMs: number | null, monotonicMs: number, connected: boolean): void {
    const { view } = this;
    if (live && nowMs !== null) {
      this.judge(nowMs);
      this.sample(nowMs);
    }
    const unknown = connected && !view.told && monotonicMs - this.madeAtMs > UNKNOWN_AFTER_MS;
    this.change({ unknown });
  }

  private refreshFigure(nowMs: number | null): void {
    const topic = this.topics.find((one) => this.source.find(one) !== null) ?? this.topics[0]!;
    const item = this.ofOneChannel(topic) ? this.source.find(topic) : null;
    this.change({ item, told: item !== null, old: this.source.isOld(topic), figure: item === this.view.item ? this.view.figure : figureOf(item, this.tile.kpi) });
    if (nowMs !== null) {
      this.judge(nowMs);
      this.sample(nowMs);
    }
  }

  // ofOneChannel -- an item of all channels stands for the one asked for only where there is no other.
  private ofOneChannel(topic: string): boolean {
    const { channel, scope } = this.tile;
    if (channel === undefined || scope === 'agent' || topic === this.topics[0]) return true;
    const { channels } = this.source.find(topic) ?? {};
    return channels?.length === 1 && channels[0] === channel;
  }

  private judge(nowMs: number): void {
    const { item, figure, level, tile } = this.view;
    if (item === null || tile.kind === 'trend') return;
    const lost = (item.sources_lost?.length ?? 0) > 0;
    const next = this.watch.update(item, figure, nowMs);
    if (this.seen && !lost && next === 2 && level < 2) this.alarms++;
    this.seen = true;
    this.change({ level: lost ? OK : next });
  }

  private sample(nowMs: number): void {
    const { lines, item } = this.view;
    if (lines.length === 0 || item === null) return;
    for (const line of lines) line.sample(item, nowMs);
    this.change({ linesVersion: lines.reduce((sum, { trend }) => sum + trend.version, 0) });
  }

  private refreshQueues(nowMs: number | null): void {
    const names = this.queueNames();
    const queues = names.map((name) => this.source.book.look(this.tile, name, nowMs));
    const hidden = this.tile.queues || this.tile.group ? 0 : Math.max(0, this.source.known().queues.length - NAMES_MAX);
    const same = queues.length === this.view.queues.length && queues.every((queue, i) => queue === this.view.queues[i]);
    const told = this.tile.group === undefined || this.groupQueues() !== undefined;
    this.change({ queues: same ? this.view.queues : queues, queuesHidden: hidden, told });
  }

  private refreshAgents(): void {
    const { states, queue } = this.tile;
    this.refreshList(agentsTopic(queue), (item: AgentsItem) => {
      const agents = item.agents ?? [];
      return { agents: states ? agents.filter(({ state }) => states.includes(state)) : agents };
    });
  }

  private refreshRanks(): void {
    const agents = (this.source.entry('agents/all') as AgentsItem | undefined)?.agents ?? [];
    const names = this.rankNames(this.source.known());
    const items = fromAgents(this.tile) ? [] : names.map((name) => this.source.find(rankTopic(this.tile, name)));
    this.change({ told: agents.length > 0 || items.some((item) => item !== null), ranks: ranksOf(this.tile, items, agents) });
  }

  private refreshList<T>(topic: string, read: (item: T) => Partial<TileView>): void {
    const item = this.source.entry(topic) as T | undefined;
    if (item === undefined) this.change({ told: false });
    else this.change({ ...read(item), told: true, old: this.source.isOld(topic) });
  }

  private queueNames(): string[] {
    return queuesOf(this.tile, this.source.known(), this.groupQueues());
  }

  private groupQueues(): string[] | undefined {
    return this.tile.group === undefined ? undefined : this.source.find(groupTopic(this.tile))?.queues;
  }

  private rankNames(known: Known): string[] {
    return (this.tile.of === 'queue' ? known.queues : known.agents).slice(0, NAMES_MAX);
  }

  private change(change: Partial<TileView>): void {
    const { view } = this;
    const same = (Object.keys(change) as (keyof TileView)[]).every((key) => change[key] === view[key]);
    if (!same) this.view = { ...view, ...change };
  }
}
