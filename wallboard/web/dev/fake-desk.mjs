// What the supervisor's page asks for beside the floor itself: contacts, agents' days, stored numbers, alerts, boards. Made up
// from names and times alone, so that the same question always gets the same answer; plausible, and no model of anything.
import { encode, wilson } from './fake-floor.mjs';

const MINUTE_US = 60_000_000;
const GROUPS = { Service: [0, 1, 2, 3], 'Back office': [4, 5, 6] };
const STATES = ['offline', 'available', 'alerting', 'busy', 'hold', 'wrap', 'paused'];
const RATIOS = { service_level: 0.82, abandon_rate: 0.05, occupancy: 0.79, utilization: 0.91, transfer_rate: 0.07, fcr_provisional: 0.8, fcr_matured: 0.76, csat_top: 0.84, complaint_rate: 0.01 };
const LASTING = { asa_ms: 14_000, wait_p50_ms: 9_000, wait_p90_ms: 41_000, wait_p95_ms: 63_000, wait_p99_ms: 120_000, wait_max_ms: 310_000, talk_ms: 210_000, hold_ms: 21_000, wrap_ms: 48_000, aht_ms: 279_000, journey_ms: 9_400_000, journey_p90_ms: 88_000_000, complaint_ack_ms: 7_300_000, complaint_resolve_ms: 180_000_000 };

function chance(...of) {
  let h = 2166136261;
  for (const c of of.join('|')) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}

export class FakeDesk {
  constructor(floor) {
    this.floor = floor;
    this.acked = new Map();
    const ofFloor = floor.item.bind(floor);
    floor.item = (topic) => this.item(topic) ?? ofFloor(topic);
  }

  // item -- topics that the floor alone does not know.
  item(topic) {
    const [kind, name, window] = topic.split('/').map((part, i) => (i === 1 ? decodeURIComponent(part) : part));
    const { floor } = this;
    if (kind === 'agents' && name !== 'all') return { agents: floor.item('agents/all').agents.filter((agent) => agent.queues.includes(name)) };
    if (kind === 'waiting') return { contacts: this.waiting(name) };
    if (topic === 'abandoned/all') return { contacts: this.lost('', floor.dayMs * 1000, floor.nowMs * 1000).slice(0, 50) };
    if (topic === 'alerts') return { alerts: this.alerts().filter((alert) => alert.state === 'firing') };
    if (kind === 'group' && GROUPS[name]) return this.group(name, window);
    if (kind === 'agent') return { ...this.range('agent', name, 0, 0), window };
    return undefined;
  }

  group(name, window) {
    const queues = floorQueues(this.floor, GROUPS[name]);
    return this.floor.kpis('group', name, queues, this.floor.agents.filter((agent) => agent.queues.some((queue) => queues.some((one) => one.name === queue))), window);
  }

  // answer -- whether the request was one of these.
  async answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const asked = Object.fromEntries(searchParams);
    const ack = /^\/api\/v1\/alerts\/([^/]+)\/ack$/.exec(pathname);
    const said = ack ? await this.acknowledge(decodeURIComponent(ack[1]), request) : this.tell(pathname, asked);
    if (said === undefined) return false;
    response.statusCode = said.error ? 404 : 200;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(said));
    return true;
  }

  tell(pathname, asked) {
    const at_us = Math.round(this.floor.nowMs * 1000);
    if (pathname === '/api/v1/kpi') return { at_us, items: this.kpi(asked) };
    if (pathname === '/api/v1/history') return this.history(asked);
    if (pathname === '/api/v1/contacts') return { at_us, contacts: this.contacts(asked) };
    if (pathname === '/api/v1/timeline') return { at_us, agent: asked.agent, spans: this.timeline(asked) };
    if (pathname === '/api/v1/alerts') return { at_us, alerts: this.alerts() };
    if (pathname === '/api/v1/boards') return { boards: ['floor', 'queues', 'quality'].map((id) => ({ id, title: { en: id[0].toUpperCase() + id.slice(1), 'zh-CN': { floor: '大厅', queues: '队列', quality: '服务质量' }[id] }, rev: 1, saved_us: null, origin: 'built-in', editable: true })) };
    return undefined;
  }

  async acknowledge(id, request) {
    let body = '';
    for await (const part of request) body += part;
    this.acked.set(id, { by: JSON.parse(body).by, us: Math.round(this.floor.nowMs * 1000) });
    return this.alerts().find((alert) => alert.id === id) ?? { error: `alert ${id}: not known` };
  }

  kpi({ scope, queue, group, agent, window = 'day', from, to }) {
    const known = (kind) => ({ queue: this.floor.queues.map(({ name }) => name), group: Object.keys(GROUPS), all: ['all'], agent: this.floor.agents.map(({ name }) => name) })[kind] ?? [];
    const named = queue ? ['queue', queue] : agent ? ['agent', agent] : group ? [group === 'all' ? 'all' : 'group', group] : null;
    const owners = named ? [named] : known(scope ?? 'queue').map((name) => [scope ?? 'queue', name]);
    if (from) return owners.map(([kind, name]) => this.range(kind, name, Number(from), Number(to)));
    const at_us = Math.round(this.floor.nowMs * 1000);
    if (!named && (scope ?? 'queue') === 'queue') return this.floor.queues.map((one) => ({ topic: `queue/${encode(one.name)}/${window}`, at_us, ...this.floor.kpis('queue', one.name, [one], [], window) }));
    return owners.map(([kind, name]) => `${kind === 'all' ? 'group' : kind}/${encode(name)}/${window}`).map((topic) => ({ topic, at_us, ...this.floor.item(topic) }));
  }

  // range -- everything about an owner over a stretch of time.
  range(scope, name, from_us, to_us) {
    const offered = Math.round(((to_us - from_us) / MINUTE_US || 240) * (0.3 + chance(name, 'offered')));
    const abandoned = Math.round(offered * 0.05);
    const item = { topic: '', ver: 1, at_us: Math.round(this.floor.nowMs * 1000), scope, name, window: 'range', from_us, to_us, waiting: 0, longest_wait_since_us: null, ewt_ms: null, agents: Object.fromEntries(STATES.map((state) => [state, 0])), threshold_ms: 20_000, short_abandon_ms: 5_000, goal: 0.8, fcr_window_h: 168, variants: { service_level: 'default', abandon_rate: 'default', fcr: 'repeat' } };
    Object.assign(item, { offered, abandoned, answered: offered - abandoned, short_abandoned: Math.round(abandoned / 4), flow_out: 0, left: { abandoned }, missed: Math.round(offered / 40), transferred: Math.round(offered * 0.07) });
    for (const [key, usual] of Object.entries(RATIOS)) item[key] = wilson(Math.round(offered * Math.min(0.99, usual * (0.9 + 0.2 * chance(name, key)))), offered);
    for (const [key, usual] of Object.entries(LASTING)) item[key] = Math.round(usual * (0.7 + 0.6 * chance(name, key)));
    const surveyed = Math.round(offered / 9);
    const points = (key, low, high) => (surveyed === 0 ? null : low + (high - low) * chance(name, key));
    item.csat = { mean: points('csat', 3.6, 4.8), n: surveyed };
    item.nps = { value: points('nps', -10, 60), n: surveyed };
    item.rater = { ...Object.fromEntries(['reliability', 'assurance', 'tangibles', 'empathy', 'responsiveness'].map((key) => [key, points(key, 3.4, 4.8)])), n: surveyed };
    item.assess = { mean: points('assess', 14, 27), n: surveyed, tier: surveyed === 0 ? null : 'silver' };
    item.resolved = { yes: Math.round(offered * 0.7), no: Math.round(offered * 0.12) };
    item.complaints = { opened: Math.round(offered / 90), open: 3, reopened: 1 };
    item.causes = { frontline: Math.round(offered / 200), process: Math.round(offered / 80), support: Math.round(offered / 50) };
    item.state_ms = Object.fromEntries(STATES.map((state) => [state, Math.round(3_600_000 * chance(name, state))]));
    return item;
  }

  history({ kpi, queue, group, agent, from, to, step }) {
    const name = queue ?? agent ?? group ?? 'all';
    const [key, part] = kpi.split('.');
    const points = [];
    for (let at = Number(from); at < Number(to); at += Number(step)) {
      const to_us = Math.min(at + Number(step), Number(to));
      points.push({ from_us: at, to_us, ...this.point(name, key, part, at, to_us) });
    }
    return { kpi, points };
  }

  point(name, key, part, from_us, to_us) {
    if (from_us > this.floor.nowMs * 1000) return key in RATIOS ? { value: null, n: 0, lo: null, hi: null } : { value: key in LASTING ? null : 0 };
    const hour = (from_us / 3_600_000_000) % 24;
    const busy = Math.max(0.05, Math.sin(((hour - 5) / 16) * Math.PI)) * (0.8 + 0.4 * chance(name, from_us));
    const offered = Math.round(((to_us - from_us) / MINUTE_US) * busy * (0.5 + chance(name)));
    if (key in RATIOS) return wilson(Math.round(offered * Math.min(1, RATIOS[key] * (1.1 - 0.2 * busy * chance(name, key, from_us)))), offered);
    if (key in LASTING) return { value: offered === 0 ? null : Math.round(LASTING[key] * (0.5 + busy * chance(name, key, from_us))) };
    const whole = this.range('queue', name, from_us, to_us);
    const value = part ? whole[key]?.[part] : whole[key];
    if (key === 'offered') return { value: offered };
    if (key === 'abandoned') return { value: Math.round(offered * 0.12 * chance(name, key, from_us)) };
    return typeof value === 'object' && value !== null ? { ...value, value: value.value ?? value.mean } : { value: value ?? 0 };
  }

  contact(queue, us, more) {
    const digits = String(Math.floor(1000 * chance(queue, us, 'customer'))).padStart(3, '0');
    return { contact: `c-${Math.floor(us / 1e6).toString(36)}-${queue.length}`, queue, channel: chance(us, 'channel') < 0.8 ? 'voice' : 'chat', customer: chance(us, 'known') < 0.93 ? `+49 ••••• ${digits}` : null, priority: null, topic: null, lang: null, root: null, reason: null, agent: null, offered_us: us, answered_us: null, over_us: null, wait_ms: null, talk_ms: null, hold_ms: null, wrap_ms: null, returned_us: null, ...more };
  }

  contacts({ outcome = 'all', queue, agent, from, to, limit = 100 }) {
    if (outcome === 'waiting') return this.waiting(queue);
    const until = Math.min(Number(to), this.floor.nowMs * 1000);
    const found = outcome === 'abandoned' ? this.lost(queue, Number(from), until) : this.answered(agent, Number(from), until);
    return found.slice(0, Number(limit));
  }

  waiting(name) {
    const queues = this.floor.queues.filter((queue) => !name || queue.name === name);
    const all = queues.flatMap((queue) => queue.waiting.map(({ sinceMs }) => this.contact(queue.name, sinceMs * 1000, { outcome: 'waiting' })));
    return all.sort((a, b) => a.offered_us - b.offered_us).slice(0, 100);
  }

  lost(name, from, to) {
    const found = [];
    for (const queue of this.floor.queues.filter((one) => !name || one.name === name)) {
      for (let at = Math.ceil(from / (40 * MINUTE_US)) * 40 * MINUTE_US; at < to; at += 40 * MINUTE_US) {
        const offered = Math.round(at + chance(queue.name, at) * 30 * MINUTE_US);
        const wait_ms = Math.round(6_000 + 120_000 * chance(queue.name, at, 'wait'));
        const over_us = offered + wait_ms * 1000;
        if (over_us >= to || chance(queue.name, at, 'lost') > 0.5) continue;
        const back = over_us + Math.round((4 + 50 * chance(at, 'back')) * MINUTE_US);
        found.push(this.contact(queue.name, offered, { outcome: 'abandoned', reason: 'abandoned', over_us, wait_ms, returned_us: chance(queue.name, at, 'returned') < 0.35 && back < to ? back : null }));
      }
    }
    return found.sort((a, b) => b.over_us - a.over_us);
  }

  answered(agent = '', from, to) {
    const found = [];
    const { queues } = this.floor.agents.find(({ name }) => name === agent) ?? { queues: ['Sales'] };
    for (let at = Math.ceil(from / (9 * MINUTE_US)) * 9 * MINUTE_US; at + 8 * MINUTE_US < to; at += 9 * MINUTE_US) {
      const wait_ms = Math.round(2_000 + 30_000 * chance(agent, at) ** 2), talk_ms = Math.round(40_000 + 300_000 * chance(agent, at, 'talk'));
      const queue = queues[Math.floor(queues.length * chance(agent, at, 'queue'))] ?? 'Sales';
      found.push(this.contact(queue, at, { outcome: 'answered', agent, answered_us: at + wait_ms * 1000, over_us: at + (wait_ms + talk_ms) * 1000, wait_ms, talk_ms, hold_ms: chance(at, 'hold') < 0.2 ? 24_000 : 0, wrap_ms: Math.round(60_000 * chance(at, 'wrap')) }));
    }
    return found.reverse();
  }

  timeline({ agent, from, to }) {
    const spans = [];
    const end = Math.min(Number(to), this.floor.nowMs * 1000);
    const cycle = ['available', 'alerting', 'busy', 'wrap', 'available', 'alerting', 'busy', 'hold', 'busy', 'wrap', 'paused'];
    for (let at = Number(from), i = 0; at < end; i++) {
      const state = cycle[i % cycle.length];
      const lasts = { alerting: 8, available: 90, busy: 260, hold: 40, wrap: 50, paused: 900 }[state] * (0.4 + 1.2 * chance(agent, i, from)) * 1e6;
      const to_us = Math.round(Math.min(end, at + lasts));
      spans.push({ from_us: at, to_us, state, reason: state === 'paused' ? 'Lunch' : null });
      at = to_us;
    }
    return spans;
  }

  alerts() {
    const day = this.floor.dayMs * 1000;
    const make = (id, more) => {
      const ack = this.acked.get(id);
      return { id, rule: id.split('-')[0], title: null, scope: 'queue', name: this.floor.queues[0].name, channel: null, kpi: 'service_level', window: 'm15', op: 'below', limit: 0.7, value: 0.61, level: 'alert', state: 'firing', since_us: day + 230 * MINUTE_US, ended_us: null, acked_by: ack?.by ?? null, acked_us: ack?.us ?? null, ...more };
    };
    return [
      make('sl-1', { title: { en: 'Service level too low', 'zh-CN': '服务水平过低' } }),
      make('wait-1', { name: this.floor.queues[1]?.name ?? 'all', kpi: 'waiting', op: 'above', limit: 5, value: 7, level: 'warning', since_us: day + 235 * MINUTE_US }),
      make('sl-0', { state: 'ended', since_us: day + 60 * MINUTE_US, ended_us: day + 75 * MINUTE_US, acked_by: 'Mira', acked_us: day + 62 * MINUTE_US }),
    ];
  }
}

function floorQueues(floor, places) {
  return places.map((at) => floor.queues[at]).filter(Boolean);
}
