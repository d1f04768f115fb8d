// What /ws sends, by topic, and what to ask it for: each part of the page says what it needs for as long as it is shown.
// Bounded: what nobody needs any more is forgotten.
import type { Item, KpiItem } from '../../model/items';
import { Pulse } from '../../model/pulse';
import { QueueStatus, type Levels } from '../../model/status';
import type { Message, State } from '../../net/protocol';

const TOPICS_MAX = 900; // of a subscription, and their bytes: a little less than the server takes
const TOPIC_BYTES_MAX = 15_000;
const ALL_GOOD: Levels = { service: 0, wait: 0 };

interface Entry {
  item: Item;
  session: number;
  status: QueueStatus | null; // of what has levels
  levels: Levels;
}

// fits -- whether so many topics may be asked for one by one.
export function fits(topics: readonly string[]): boolean {
  const bytes = topics.reduce((sum, topic) => sum + 3 + 3 * topic.length, 0); // three: the most a character may take
  return topics.length <= TOPICS_MAX && bytes <= TOPIC_BYTES_MAX;
}

export class Live {
  readonly pulse: Pulse;
  version = 0; // rises with every change of what find() gives
  private session = 0; // counts connections: tells what this one has sent from what the last one had
  private readonly entries = new Map<string, Entry>();
  private readonly wants = new Map<object, readonly string[]>();
  private readonly polled = new Set<string>(); // came by an answer, not by a subscription

  constructor(
    monotonicMs: () => number,
    private readonly changed: () => void,
    rebuilt: () => void,
  ) {
    this.pulse = new Pulse(monotonicMs, rebuilt);
  }

  // want -- `who` needs these from now on, instead of what it wanted before; none: nothing any more.
  want(who: object, topics: readonly string[]): void {
    if (topics.length === 0) this.wants.delete(who);
    else this.wants.set(who, topics);
    const wanted = new Set(this.topics());
    for (const topic of this.entries.keys()) if (!wanted.has(topic) && !this.polled.has(topic)) this.entries.delete(topic);
    this.changed();
  }

  // topics -- everything wanted, once, as far as a subscription goes.
  topics(): string[] {
    const all = [...new Set([...this.wants.values()].flat())];
    while (!fits(all)) all.pop();
    return all;
  }

  // put -- items that came by an answer, instead of those that came so before. A subscription's are newer.
  put(items: readonly KpiItem[]): void {
    const wanted = new Set(this.topics());
    for (const topic of this.polled) if (!wanted.has(topic)) this.entries.delete(topic);
    this.polled.clear();
    for (const item of items) {
      this.polled.add(item.topic);
      const known = this.find(item.topic);
      if (known === null || known.at_us <= item.at_us) this.set(item);
    }
    this.version++;
    this.changed();
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

  find<T = KpiItem>(topic: string): T | null {
    return (this.entries.get(topic)?.item as T | undefined) ?? null;
  }

  levels(topic: string): Levels {
    return this.entries.get(topic)?.levels ?? ALL_GOOD;
  }

  // old -- from before the connection was lost, and not sent again yet.
  old(topic: string): boolean {
    const entry = this.entries.get(topic);
    return entry !== undefined && entry.session !== this.session;
  }

  // second -- levels depend on time, not only on messages.
  second(): void {
    const now = this.pulse.nowMs();
    if (now === null || this.pulse.freshness().phase !== 'live') return;
    for (const entry of this.entries.values()) if (entry.status) entry.levels = entry.status.update(entry.item as KpiItem, now);
    this.version++;
  }

  private applyState(state: State): void {
    const wanted = new Set(this.topics());
    for (const item of state.items) {
      if ('gone' in item) this.entries.delete(item.topic);
      else if (wanted.has(item.topic) || this.polled.has(item.topic)) this.set(item);
    }
    this.pulse.completed();
    this.version++;
  }

  private set(item: Item): void {
    const { session } = this;
    const now = this.pulse.nowMs();
    const before = this.entries.get(item.topic);
    const leveled = 'scope' in item && item.scope !== 'agent';
    const status = leveled ? (before?.status ?? new QueueStatus()) : null;
    const levels = status && now !== null ? status.update(item as KpiItem, now) : (before?.levels ?? ALL_GOOD);
    this.entries.set(item.topic, { item, session, status, levels });
  }
}
