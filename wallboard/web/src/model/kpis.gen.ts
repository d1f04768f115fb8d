// Made by floorcast-aggregator --kpis=ts > wallboard/web/src/model/kpis.gen.ts from the KPI
// table; do not edit. Instants are microseconds since the epoch, durations milliseconds,
// shares 0..1; null: there is nothing to say.

export type AgentState = 'offline' | 'available' | 'alerting' | 'busy' | 'hold' | 'wrap' | 'paused';
export type LeftReason = 'abandoned' | 'timeout' | 'key' | 'empty' | 'full' | 'overflow' | 'callback' | 'transferred' | 'withdrawn' | 'unknown';

export interface Ratio {
  value: number | null;
  n: number;
  lo: number | null; // 95 % interval
  hi: number | null;
}

export interface Mean {
  mean: number | null;
  n: number;
}

export interface Score {
  value: number | null;
  n: number;
}

export interface Tiered extends Mean {
  tier: 'bronze' | 'silver' | 'gold' | null;
}

// By which formula the numbers of an item were worked out.
export interface Variants {
  service_level: 'default' | 'answered' | 'ignore' | 'positive' | 'negative';
  abandon_rate: 'default' | 'raw';
  fcr: 'repeat' | 'disposition' | 'survey';
}

// Now: in every live item, whatever its window.
export interface MomentKpis {
  waiting: number; // contacts
  longest_wait_since_us: number | null; // us
  agents: Record<AgentState, number>; // agents
  ewt_ms: number | null; // ms
}

// Within a window or a range.
export interface StretchKpis {
  offered: number; // contacts
  answered: number; // contacts
  abandoned: number; // contacts
  short_abandoned: number; // contacts
  flow_out: number; // contacts
  left: Partial<Record<LeftReason, number>>; // contacts
  service_level: Ratio; // share
  abandon_rate: Ratio; // share
  asa_ms: number | null; // ms
  wait_p50_ms: number | null; // ms
  wait_p90_ms: number | null; // ms
  wait_p95_ms: number | null; // ms
  wait_p99_ms: number | null; // ms
  wait_max_ms: number | null; // ms
  talk_ms: number | null; // ms
  hold_ms: number | null; // ms
  wrap_ms: number | null; // ms
  aht_ms: number | null; // ms
  occupancy: Ratio; // share
  utilization: Ratio; // share
  state_ms: Record<AgentState, number>; // ms
  missed: number; // alerts
  transferred: number; // contacts
  transfer_rate: Ratio; // share
  fcr_provisional: Ratio; // share
  fcr_matured: Ratio; // share
  journey_ms: number | null; // ms
  journey_p90_ms: number | null; // ms
  csat: Mean; // points
  csat_top: Ratio; // share
  nps: Score; // points
  rater: { reliability: number | null; assurance: number | null; tangibles: number | null; empathy: number | null; responsiveness: number | null; n: number }; // points
  assess: Tiered; // points
  resolved: { yes: number; no: number }; // contacts
  complaints: { opened: number; open: number | null; reopened: number }; // cases
  complaint_rate: Ratio; // share
  complaint_ack_ms: number | null; // ms
  complaint_resolve_ms: number | null; // ms
  causes: { frontline: number; process: number; support: number }; // cases
  variants: Variants;
}
