// In which unit a KPI is, and whether more of it is better: by its key, which the wire's naming rules tell.

export type Unit = 'count' | 'ratio' | 'ms' | 'instant' | 'points';

const RATIOS = ['service_level', 'abandon_rate', 'occupancy', 'utilization', 'transfer_rate', 'fcr_provisional', 'fcr_matured', 'csat_top', 'complaint_rate'];
const POINTS = ['csat', 'nps', 'rater', 'assess'];
const HIGH = [...RATIOS, ...POINTS, 'offered', 'answered', 'resolved', 'agents'];
const LOW = ['abandon_rate', 'transfer_rate', 'complaint_rate'];
const MORE_IS_WORSE = ['resolved.no', 'agents.paused', 'agents.offline', 'agents.wrap'];

export function unitFor(root: string, part: boolean): Unit {
  if (root.endsWith('_us')) return 'instant';
  if (root.endsWith('_ms')) return 'ms';
  if (RATIOS.includes(root)) return 'ratio';
  return POINTS.includes(root) && (part || root !== 'nps') ? 'points' : 'count';
}

// betterFor -- more of a time, a wait, a loss or a complaint is worse; more of all else is better.
export function betterFor(kpi: string): 'high' | 'low' {
  const root = kpi.split('.', 1)[0]!;
  return HIGH.includes(root) && !LOW.includes(root) && !MORE_IS_WORSE.includes(kpi) ? 'high' : 'low';
}
