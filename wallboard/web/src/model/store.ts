// The one store of a page. Messages change it as they come; the screen learns of it once per animation frame, as one
// immutable view: one frame, one batch, one render. What did not change keeps its identity from view to view, so that
// components compare with ===. Bounded: one entry per topic of a queue that exists, one trend of fixed size per queue.
import type { Message, State } from '../net/protocol';
import type { RemoteClock } from './clock';
import type { Freshness } from './freshness';
import { allTopic, queueTopic, type Agent, type Item, type KpiItem, type Source, type Window } from './items';
import { Pulse } from './pulse';
import { sourcesToName } from './sources';
import { QueueStatus, type Levels } from './status';
import { Trend } from './trend';

const QUEUES_MAX = 500; // more than any wall rotates through; the rest is counted on the screen
const TOPICS_MAX = 900; // of a subscription, and their bytes: a little less than the server takes
const TOPIC_BYTES_MAX = 15_000;

export interface QueueView {
  name: string;
  main: KpiItem | null; // the window the page shows
  other: KpiItem | null; // the second one: the day beside the quarter hour, or the reverse
  levels: Levels;
  old: boolean; // from before the connection was lost; not sent again yet
  trend: Trend;
}

export interface AllView {
  main: KpiItem | null;
  other: KpiItem | null;
}

export interface View {
  freshness: Freshness;
  all: AllView;
  queues: QueueView[] | null; // null: not told yet
  queuesHidden: number;
  agents: Agent[] | null;
  sources: Source[]; // those to be named: not up, or with a recent gap
  window: Window;
  otherWindow: Window;
}

interface Entry {
  item: Item;
  session: number;
}

export class Store {
  readonly clock: RemoteClock; // the server's time of day
  private readonly pulse: Pulse;
  private readonly entries = new Map<string, Entry>();
  private readonly queues = new Map<string, QueueView & { status: QueueStatus }>();
  private session = 0; // counts connections: tells what this one has sent from what the last one had
  private dirty = false;
  readonly otherWindow: Window;

  constructor(
    readonly window: Window,
    monotonicMs: () => number,
    private readonly schedule: () => void, // asks for one call of view() at the next frame
    rebuilt: () => void, // the server now serves another build of this page
  ) {
    this.pulse = new Pulse(monotonicMs, rebuilt);
    this.clock = this.pulse.clock;
    this.otherWindow = window === 'day' ? 'm15' : 'day';
  }

  // topics -- what to subscribe to, given the queues known so far. Too many to name: all that begin with "queue/".
  topics(): string[] {
    const windows = [this.window, this.otherWindow];
    const names = this.queueNames().slice(0, QUEUES_MAX);
    const queues = names.flatMap((name) => windows.map((window) => queueTopic(name, window)));
    const bytes = queues.reduce((sum, topic) => sum + 3 * topic.length, 0); // three: the most a character may take
    const few = queues.length <= TOPICS_MAX && bytes <= TOPIC_BYTES_MAX;
    return ['queues', 'sources', 'agents/all', ...windows.map(allTopic), ...(few ? queues : ['queue/*'])];
  }

  opened(): void {
    this.session++;
  }

  lost(): void {
    this.pulse.lost();
    this.changed();
  }

  apply(message: Message): void {
    if (message.type === 'hello') this.pulse.hello(message);
    else if (message.type === 'tick') this.pulse.tick(message);
    else this.applyState(message);
    this.changed();
  }

  // nowMs -- the time that seconds are counted against: stands still while the data is not good, because a wait that
  // goes on counting looks alive.
  nowMs(): number | null {
    return this.pulse.nowMs();
  }

  freshness(): Freshness {
    return this.pulse.freshness();
  }

  // second -- once a second: levels and trends depend on time, not only on messages.
  second(): void {
    const now = this.nowMs();
    if (now === null) return;
    const live = this.freshness().phase === 'live';
    for (const [name, queue] of this.queues) {
      queue.trend.add(live && !queue.old ? (queue.main?.waiting ?? null) : null, this.pulse.engineMs() ?? now);
      if (live && queue.main) this.replaceQueue(name, { levels: queue.status.update(queue.main, now) });
    }
    this.changed();
  }

  view(): View {
    this.dirty = false;
    const names = this.known('queues') ? this.queueNames() : null;
    return {
      freshness: this.freshness(),
      all: { main: this.find(allTopic(this.window)), other: this.find(allTopic(this.otherWindow)) },
      queues: names === null ? null : names.slice(0, QUEUES_MAX).map((name) => this.queue(name)),
      queuesHidden: names === null ? 0 : Math.max(0, names.length - QUEUES_MAX),
      agents: this.agents(),
      sources: this.sourcesToName(),
      window: this.window,
      otherWindow: this.otherWindow,
    };
  }

  // find -- the latest item of a KPI topic.
  find(topic: string): KpiItem | null {
    return (this.entries.get(topic)?.item as KpiItem | undefined) ?? null;
  }

  private changed(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.schedule();
  }

  private applyState(state: State): void {
    for (const item of state.items) {
      if ('gone' in item) this.bury(item.topic);
      else this.entries.set(item.topic, { item, session: this.session });
    }
    if (this.known('queues')) this.pulse.completed();
    if (state.items.some((item) => item.topic === 'queues')) this.forgetQueues();
    for (const item of state.items) this.touchQueue(item);
  }

  private bury(topic: string): void {
    this.entries.delete(topic);
    for (const [name, { main, other }] of this.queues) {
      if (main?.topic === topic) this.replaceQueue(name, { main: null });
      if (other?.topic === topic) this.replaceQueue(name, { other: null });
    }
  }

  // touchQueue -- the queue this item belongs to gets a new identity, so that its tile is drawn anew.
  private touchQueue(item: Item): void {
    if (!('scope' in item) || item.scope !== 'queue') return;
    if (item.window !== this.window && item.window !== this.otherWindow) return;
    const now = this.nowMs();
    const queue = this.queue(item.name);
    const shown = item.window === this.window;
    this.replaceQueue(item.name, shown ? { main: item, old: false } : { other: item });
    if (shown && now !== null) {
      this.replaceQueue(item.name, { levels: queue.status.update(item, now) });
      queue.trend.add(item.waiting, this.pulse.engineMs() ?? now);
    }
  }

  private queue(name: string): QueueView & { status: QueueStatus } {
    let queue = this.queues.get(name);
    if (!queue) {
      const levels: Levels = { service: 0, wait: 0 };
      queue = { name, main: null, other: null, levels, old: false, trend: new Trend(), status: new QueueStatus() };
      this.queues.set(name, queue);
    }
    const session = this.entries.get(queueTopic(name, this.window))?.session;
    const old = session !== undefined && session !== this.session;
    return old === queue.old ? queue : this.replaceQueue(name, { old });
  }

  private replaceQueue(name: string, change: Partial<QueueView>): QueueView & { status: QueueStatus } {
    const before = this.queues.get(name)!;
    const { levels } = change;
    if (levels && levels.service === before.levels.service && levels.wait === before.levels.wait) return before;
    const after = { ...before, ...change };
    this.queues.set(name, after);
    return after;
  }

  private forgetQueues(): void {
    const names = new Set(this.queueNames());
    for (const name of this.queues.keys()) {
      if (names.has(name)) continue;
      this.queues.delete(name);
      for (const window of [this.window, this.otherWindow]) this.entries.delete(queueTopic(name, window));
    }
  }

  private known(topic: string): boolean {
    return this.entries.has(topic);
  }

  private queueNames(): string[] {
    const item = this.entries.get('queues')?.item;
    return item && 'queues' in item && Array.isArray(item.queues) ? item.queues : [];
  }

  private agents(): Agent[] | null {
    const item = this.entries.get('agents/all')?.item;
    return item && 'agents' in item && Array.isArray(item.agents) ? item.agents : null;
  }

  private sourcesToName(): Source[] {
    const item = this.entries.get('sources')?.item;
    const sources = item && 'sources' in item && Array.isArray(item.sources) ? item.sources : [];
    return sourcesToName(sources, this.pulse.goodMs ?? 0);
  }
}
