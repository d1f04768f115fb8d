// What is known of each queue that some tile lists: its numbers over the tile's window and beside it another one, its
// levels with their memory, and how many waited of late. What did not change keeps its identity.
import { amountAt, figureOf } from './figure';
import type { Tile } from './board';
import type { KpiItem } from './items';
import { OK, QueueStatus, worst, type Level, type Levels } from './status';
import { queueTopicsOf } from './topics';
import { Trend } from './trend';

export interface QueueView {
  name: string;
  main: KpiItem | null; // over the window the tile shows
  other: KpiItem | null; // the second one: the day beside the quarter hour, or the reverse
  levels: Levels;
  old: boolean; // from before the connection was lost; not sent again yet
  trend: Trend;
  trendVersion: number;
}

export interface Told {
  find(topic: string): KpiItem | null;
  isOld(topic: string): boolean;
}

interface Entry {
  view: QueueView;
  status: QueueStatus;
}

export class QueueBook {
  private readonly entries = new Map<string, Entry>(); // by the topic of the main item
  alarms = 0; // how often one became worth acting at once

  constructor(private readonly told: Told) {}

  // look -- the queue as it is now, the same object as before where nothing changed.
  look(tile: Tile, name: string, nowMs: number | null): QueueView {
    const topics = queueTopicsOf(tile, name);
    const entry = this.entry(topics.main, name);
    const main = this.told.find(topics.main);
    if (main !== null && main !== entry.view.main && nowMs !== null) entry.view.trend.add(main.waiting, nowMs);
    this.change(entry, { main, other: this.told.find(topics.other), old: this.told.isOld(topics.main) });
    this.judge(entry, nowMs);
    return entry.view;
  }

  // second -- levels and trends depend on time, not only on messages. Returns whether anything is to be drawn anew.
  second(live: boolean, nowMs: number): boolean {
    let changed = false;
    for (const entry of this.entries.values()) {
      const before = entry.view;
      entry.view.trend.add(live && !before.old ? (before.main?.waiting ?? null) : null, nowMs);
      this.change(entry, { trendVersion: entry.view.trend.version });
      if (live) this.judge(entry, nowMs);
      changed ||= entry.view !== before;
    }
    return changed;
  }

  // keep -- forgets what no tile lists any more.
  keep(mains: Set<string>): void {
    for (const topic of this.entries.keys()) if (!mains.has(topic)) this.entries.delete(topic);
  }

  get size(): number {
    return this.entries.size;
  }

  private entry(topic: string, name: string): Entry {
    let entry = this.entries.get(topic);
    if (!entry) {
      const levels: Levels = { service: OK, wait: OK };
      entry = { view: { name, main: null, other: null, levels, old: false, trend: new Trend(), trendVersion: 0 }, status: new QueueStatus() };
      this.entries.set(topic, entry);
    }
    return entry;
  }

  private judge(entry: Entry, nowMs: number | null): void {
    const { main, levels } = entry.view;
    if (main === null || nowMs === null) return;
    const first = entry.status.fresh;
    const next = entry.status.update(main, nowMs);
    if (next.service === levels.service && next.wait === levels.wait) return;
    if (!first && worst(next) === 2 && worst(levels) < 2) this.alarms++;
    this.change(entry, { levels: next });
  }

  private change(entry: Entry, change: Partial<QueueView>): void {
    const { view } = entry;
    const same = (Object.keys(change) as (keyof QueueView)[]).every((key) => change[key] === view[key]);
    if (!same) entry.view = { ...view, ...change };
  }
}

// levelOf -- what is not known to be so alarms nobody.
export function levelOf(queue: QueueView): Level {
  return (queue.main?.sources_lost?.length ?? 0) > 0 ? OK : worst(queue.levels);
}

// byUrgency -- those worth a glance first; else by the number the tile names, else by name.
export function byUrgency(queues: QueueView[], sort: string | undefined, nowMs: number | null): QueueView[] {
  const amount = (queue: QueueView) => (sort === undefined ? 0 : (amountAt(figureOf(queue.main, sort), nowMs) ?? -Infinity));
  const keyed = queues.map((queue) => ({ queue, level: levelOf(queue), amount: amount(queue) }));
  keyed.sort((a, b) => b.level - a.level || b.amount - a.amount || (a.queue.name < b.queue.name ? -1 : 1));
  return keyed.map(({ queue }) => queue);
}
