// The state that arrives: topics and their items, as aggregator/contract/state.h publishes them.
// Field names are the wire's. Instants are microseconds since the epoch (below 2^53, so a double holds them exactly),
// durations milliseconds. null means "there is nothing to say": the screen shows a dash, never a zero.

import type { Text } from './board';
import type { AgentState, MomentKpis, StretchKpis } from './kpis.gen';

export type Window = 'm15' | 'h1' | 'day';
export const WINDOWS: readonly Window[] = ['m15', 'h1', 'day'];

export type { AgentState, Ratio } from './kpis.gen';
export type KpiKey = keyof MomentKpis | Exclude<keyof StretchKpis, 'variants'>;

// In the order of the screen.
export const AGENT_STATES: readonly AgentState[] = ['available', 'alerting', 'busy', 'hold', 'wrap', 'paused', 'offline'];

// A queue, a group of them, all of them or an agent, over one window. One of window `now` has no numbers of a stretch.
export interface KpiItem extends MomentKpis, Partial<StretchKpis> {
  topic: string;
  ver: number;
  at_us: number;
  scope: 'queue' | 'group' | 'all' | 'agent';
  name: string;
  window: Window | 'now' | 'range';
  from_us?: number;
  to_us?: number; // of a range
  threshold_ms: number;
  short_abandon_ms: number;
  goal: number; // 0..1
  fcr_window_h?: number;
  channels?: string[]; // of a queue or group: those that ever reached it
  queues?: string[]; // of a group, where it is told
  sources_lost?: LostSource[]; // of what feeds it: silent or down; absent where all is well
}

export interface LostSource {
  src: string;
  state: 'down' | 'silent';
  since_us: number;
}

export interface Agent {
  name: string;
  label: string;
  state: AgentState;
  since_us: number | null;
  reason?: string;
  queues: string[];
  contact_queue?: string;
  answered?: number | null; // today
  missed?: number | null;
  talk_ms?: number | null;
}

export interface AgentsItem {
  topic: string; // agents/all, agents/QUEUE
  ver: number;
  at_us: number;
  agents: Agent[];
}

export interface Source {
  src: string;
  state: 'up' | 'down' | 'silent';
  since_us: number | null;
  heard_us: number | null;
  gaps: number;
  gap_reason?: string;
  gap_us?: number | null;
  skew_ms?: number | null; // its clock's; above 0: ahead
  skewed?: boolean; // by more than the limit
}

export interface SourcesItem {
  topic: 'sources';
  sources: Source[];
}

export interface QueuesItem {
  topic: 'queues';
  queues: string[];
}

// A contact that waits or is over; what is not known is null.
export interface Contact {
  contact: string;
  queue: string;
  channel?: string | null;
  customer: string | null;
  reason: string | null;
  offered_us: number;
  over_us: number | null;
  wait_ms: number | null;
  returned_us: number | null; // the same customer came again: nobody needs to call back
}

export interface ContactsItem {
  topic: string; // abandoned/all, abandoned/QUEUE
  contacts: Contact[];
}

export interface Alert {
  id: string;
  rule: string;
  title: Text;
  scope: string;
  name: string;
  kpi: string;
  op: 'below' | 'above';
  limit: number;
  value: number | null;
  level: 'warning' | 'alert';
  state: 'firing' | 'ended';
  since_us: number;
  acked_by?: string | null;
}

export interface AlertsItem {
  topic: 'alerts';
  alerts: Alert[];
}

export interface BoardItem {
  topic: string; // board/ID
  ver: number;
  board: unknown; // see board.ts
}

export interface BoardsItem {
  topic: 'boards';
  boards: { id: string; title: Text }[];
}

// A topic that the aggregator no longer knows.
export interface Tombstone {
  topic: string;
  gone: true;
}

export type Item = KpiItem | AgentsItem | SourcesItem | QueuesItem | ContactsItem | AlertsItem | BoardItem | BoardsItem | Tombstone;

// topicName -- the percent-encoding of a queue's name inside a topic: '/', '%' and control bytes, nothing else.
export function topicName(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f/%]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
}

export type Owner = 'queue' | 'group' | 'agent';

// kpiTopic -- of an owner over a window, of one channel where there are several.
export function kpiTopic(owner: Owner, name: string, window: Window | 'now', channel?: string): string {
  return [owner, topicName(name), ...(channel === undefined ? [] : [channel]), window].join('/');
}
