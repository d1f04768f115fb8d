// What the server tells supervisors beside KPIs: contacts, agents' days, alerts, boards. Names are the wire's.
import type { AgentState, Level, Texts } from './words';

export interface Contact {
  contact: string;
  queue: string;
  channel: string | null;
  customer: string | null;
  priority: number | null;
  topic: string | null;
  lang: string | null;
  root: string | null;
  outcome: 'waiting' | 'talking' | 'answered' | 'abandoned' | 'left' | 'ended' | string;
  reason: string | null;
  agent: string | null;
  offered_us: number | null;
  answered_us: number | null;
  over_us: number | null;
  wait_ms: number | null;
  talk_ms: number | null;
  hold_ms: number | null;
  wrap_ms: number | null;
  returned_us: number | null; // the same customer came again: nobody needs to call back
}

export interface Contacts {
  at_us: number;
  contacts: Contact[];
}

export interface Span {
  from_us: number;
  to_us: number | null; // null: still so
  state: AgentState;
  reason: string | null;
}

export interface Timeline {
  at_us: number;
  agent: string;
  spans: Span[];
}

export interface Alert {
  id: string;
  rule: string;
  title: Texts | null;
  scope: 'queue' | 'group' | 'all' | 'agent';
  name: string | null;
  channel: string | null;
  kpi: string;
  window: string;
  op: 'below' | 'above';
  limit: number;
  value: number | null;
  level: Level;
  state: 'firing' | 'ended';
  since_us: number;
  ended_us: number | null;
  acked_by: string | null;
  acked_us: number | null;
}

export interface Board {
  id: string;
  title: Texts;
  rev: number;
  saved_us: number | null;
  origin: 'built-in' | 'file' | 'saved';
  editable: boolean;
}

// What an agent did today, as lists of agents have it beside the state.
export interface AgentDay {
  answered?: number | null;
  missed?: number | null;
  talk_ms?: number | null;
}
