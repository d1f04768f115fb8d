// The one store of a display. Messages change it as they come; the screen learns of it once per animation frame, as one
// immutable view: one frame, one batch, one render. What did not change keeps its identity from view to view, so that
// components compare with ===. Bounded: one entry per topic asked for, trends of fixed size.
import type { Message, State } from '../net/protocol';
import type { Board } from './board';
import type { Freshness } from './freshness';
import type { Agent, Alert, BoardsItem, Item, KpiItem, Source } from './items';
import { Pulse } from './pulse';
import type { Line } from './lines';
import { QueueBook } from './queues';
import type { Shelf, Shown } from './shelf';
import { TileState, type TileView } from './tiles';
import { topicsFor, type Known } from './topics';

const GIVEN_UP_MS = 24 * 3600_000; // a source that was taken away is not missed for ever
const GAP_SHOWN_MS = 15 * 60_000; // as long as the shortest window holds what the gap hid
const ALWAYS = ['queues', 'sources', 'alerts', 'boards'];

export interface View {
  freshness: Freshness;
  shown: Shown;
  tiles: TileView[]; // of the board shown, in its order
  boards: BoardsItem['boards'];
  sources: Source[]; // those to be named: not up, or with a recent gap
  alerts: Alert[];
  alarms: number; // rises when something became worth acting at once: what sounds
}

interface Entry {
  item: Item;
  session: number;
}

export class Store {
  readonly pulse: Pulse;
  readonly book: QueueBook;
  listing = 0; // rises when other topics may be wanted
  private readonly entries = new Map<string, Entry>();
  private tiles: TileState[] = [];
  private watchers = new Map<string, TileState[]>();
  private readonly touched = new Set<TileState>();
  private laidOut: Board | null = null;
  private session = 0; // counts connections: tells what this one has sent from what the last one had
  private dirty = false;
  private alarmsBefore = 0; // of boards that are no longer shown
  private alertIds = new Set<string>();
  private names: Known = { queues: [], agents: [] };

  constructor(
    readonly shelf: Shelf,
    private readonly monotonicMs: () => number,
    private readonly schedule: () => void, // asks for one call of view() at the next frame
    rebuilt: () => void, // the server now serves another build of this page
  ) {
    this.pulse = new Pulse(monotonicMs, rebuilt);
    this.book = new QueueBook(this);
  }

  // topics -- what to subscribe to, given the boards and queues known so far.
  topics(): string[] {
    const shown = this.shelf.shown(this.pulse.connected);
    const boards = [shown.kind === 'board' ? shown.board : null, this.shelf.upcoming()].filter((board): board is Board => board !== null);
    return topicsFor(boards, [...ALWAYS, ...this.shelf.topics()], this.names, (group) => this.find(`group/${group}/day`)?.queues);
  }

  opened(): void {
    this.session++;
    for (const tile of this.tiles) this.touched.add(tile);
  }

  lost(): void {
    this.pulse.lost();
    this.changed();
  }

  apply(message: Message): void {
    if (message.type === 'hello') this.pulse.hello(message);
    else if (message.type === 'tick') this.pulse.tick(message);
    else this.applyState(message);
    if (message.type !== 'tick') this.changed(); // a tick alone moves nothing that a second does not
  }

  nowMs(): number | null {
    return this.pulse.nowMs();
  }

  // second -- once a second: levels, trends and turns depend on time, not only on messages.
  second(): void {
    const now = this.nowMs();
    const live = this.pulse.freshness().phase === 'live';
    this.shelf.turn(live);
    this.layOut();
    if (now !== null && this.book.second(live, this.pulse.engineMs() ?? now)) for (const tile of this.tiles) if (tile.tile.kind === 'queues') this.touched.add(tile);
    for (const tile of this.tiles) tile.second(live, now, this.monotonicMs(), this.pulse.connected);
    this.changed();
  }

  view(): View {
    this.dirty = false;
    this.layOut();
    const now = this.nowMs();
    for (const tile of this.touched) tile.refresh(now);
    this.touched.clear();
    return {
      freshness: this.pulse.freshness(),
      shown: this.shelf.shown(this.pulse.connected),
      tiles: this.tiles.map(({ view }) => view),
      boards: (this.entry('boards') as BoardsItem | undefined)?.boards ?? [],
      sources: this.sourcesToName(),
      alerts: this.list<Alert>('alerts', 'alerts') ?? [],
      alarms: this.alarmsBefore + this.book.alarms + this.tiles.reduce((sum, { alarms }) => sum + alarms, 0),
    };
  }

  // find -- the latest item of a KPI topic.
  find(topic: string): KpiItem | null {
    return (this.entries.get(topic)?.item as KpiItem | undefined) ?? null;
  }

  entry(topic: string): unknown {
    return this.entries.get(topic)?.item;
  }

  isOld(topic: string): boolean {
    const session = this.entries.get(topic)?.session;
    return session !== undefined && session !== this.session;
  }

  known(): Known {
    return this.names;
  }

  lines(): Line[] {
    return this.tiles.flatMap(({ view }) => view.lines);
  }

  // size -- of what is held, for whoever looks whether it grows.
  get size(): number {
    return this.entries.size + this.book.size;
  }

  private changed(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.schedule();
  }

  private applyState(state: State): void {
    for (const item of state.items) {
      const { topic } = item;
      if (topic.startsWith('board/')) this.shelf.told(topic.slice('board/'.length), 'board' in item ? item.board : null);
      else if ('gone' in item) this.entries.delete(topic);
      else this.entries.set(topic, { item, session: this.session });
      for (const tile of this.watchers.get(topic) ?? []) this.touched.add(tile);
      if (topic === 'alerts') this.hearAlerts();
    }
    if (this.entries.has('queues')) this.pulse.completed();
    if (state.items.some(({ topic }) => topic === 'queues' || topic.startsWith('agents/') || topic.startsWith('group/'))) this.namesMayHaveChanged();
  }

  private namesMayHaveChanged(): void {
    const queues = this.list<string>('queues', 'queues') ?? [];
    const agents = (this.list<Agent>('agents/all', 'agents') ?? []).map(({ name }) => name);
    const same = (a: string[], b: string[]) => a.length === b.length && a.every((name, i) => name === b[i]);
    const groups = this.tiles.some(({ tile }) => tile.group !== undefined);
    if (!groups && same(queues, this.names.queues) && same(agents, this.names.agents)) return;
    this.names = { queues, agents };
    this.watch();
  }

  // layOut -- another board, or another version of it: tiles that stayed as they were keep their memory.
  private layOut(): void {
    const shown = this.shelf.shown(this.pulse.connected);
    const board = shown.kind === 'board' ? shown.board : null;
    if (board === this.laidOut) return;
    this.laidOut = board;
    const before = new Map(this.tiles.map((state) => [JSON.stringify(state.tile), state]));
    this.tiles = (board?.tiles ?? []).map((tile) => {
      const key = JSON.stringify(tile);
      const kept = before.get(key);
      before.delete(key);
      return kept ?? new TileState(tile, this, this.monotonicMs());
    });
    for (const { alarms } of before.values()) this.alarmsBefore += alarms;
    this.watch();
  }

  // watch -- who is to be told of what; and what nobody shows any more is forgotten.
  private watch(): void {
    this.listing++;
    this.watchers = new Map();
    for (const tile of this.tiles) {
      for (const topic of tile.watched()) {
        const others = this.watchers.get(topic);
        if (others) others.push(tile);
        else this.watchers.set(topic, [tile]);
      }
      this.touched.add(tile);
    }
    this.book.keep(new Set(this.tiles.flatMap((tile) => tile.queueMains())));
    const wanted = new Set(this.topics());
    const folded = [...wanted].filter((topic) => topic.endsWith('*')).map((topic) => topic.slice(0, -1));
    for (const topic of this.entries.keys()) {
      if (!wanted.has(topic) && !folded.some((prefix) => topic.startsWith(prefix))) this.entries.delete(topic);
    }
  }

  private hearAlerts(): void {
    const ids = new Set((this.list<Alert>('alerts', 'alerts') ?? []).filter(({ level, acked_by }) => level === 'alert' && !acked_by).map(({ id }) => id));
    if ([...ids].some((id) => !this.alertIds.has(id))) this.alarmsBefore++;
    this.alertIds = ids;
  }

  private list<T>(topic: string, key: string): T[] | null {
    const list = (this.entry(topic) as Record<string, unknown> | undefined)?.[key];
    return Array.isArray(list) ? list : null;
  }

  private sourcesToName(): Source[] {
    const now = this.nowMs() ?? 0;
    const givenUp = (source: Source) => now - (source.since_us ?? 0) / 1000 > GIVEN_UP_MS;
    return (this.list<Source>('sources', 'sources') ?? []).filter(
      (source) => (source.state !== 'up' && !givenUp(source)) || source.skewed || now - (source.gap_us ?? 0) / 1000 < GAP_SHOWN_MS,
    );
  }
}
