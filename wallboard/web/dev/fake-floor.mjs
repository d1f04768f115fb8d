// A make-believe call center for looking at the page and testing it: contacts arrive, wait, give up, are answered; agents
// ring, talk, hold, wrap up, pause. Seeded, so that the same seed is the same day. It is no model of anything: the real
// simulator is bench/floorcast-sim.

const QUEUE_NAMES = [
  'Sales', '售后服务', 'Billing', 'Technical support, second level (premium)', '账单与发票', 'Retention', '投诉', 'Orders',
  'Returns & refunds', '技术支持', 'Delivery', '企业客户专线(华东与华南地区)', 'New customers', 'Roadside', 'Claims',
  '会员服务', 'Reservations', 'Cancellations', 'Service desk', 'Payments', '紧急报修', 'Switchboard', 'Partner line', 'Spanish',
  'Loyalty', 'Dispatch', '预约', 'Warranty', 'Outbound', 'Fraud desk',
];
const GIVEN = ['Ana', 'Ben', 'Chen', 'Dina', 'Emil', 'Fatima', 'Georg', 'Hana', 'Ivan', 'Jule', 'Karim', 'Lena', 'Mira', 'Nils', 'Olga', 'Pia', 'Quang', 'Rosa', 'Sami', 'Tara', '李娜', '王伟', '张敏', '刘洋', '陈静', '欧阳修远'];
const FAMILY = ['Abel', 'Brandt', 'Costa', 'Dahl', 'Eriksen-Hohenwarth', 'Farkas', 'Grau', 'Holm', 'Ito'];
const THRESHOLD_MS = 20_000;
const SHORT_MS = 5_000;
const GOAL = 0.8;
const WINDOW_MS = { m15: 15 * 60_000, h1: 60 * 60_000 };

function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function wilson(hits, n) {
  if (n === 0) return { value: null, n: 0, lo: null, hi: null };
  const z = 1.959964, p = hits / n, d = 1 + (z * z) / n;
  const mid = (p + (z * z) / (2 * n)) / d;
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / d;
  return { value: p, n, lo: Math.max(0, mid - half), hi: Math.min(1, mid + half) };
}

export class FakeFloor {
  constructor({ queues = 12, agents = 40, seed = 1, idleQueues = 1, load = 1, startMs = Date.now(), warmUpMs = 4 * 3600_000 } = {}) {
    this.random = randomFrom(seed);
    this.lost = []; // who hung up, newest first
    this.alerts = [];
    this.nowMs = startMs - warmUpMs;
    this.dayMs = this.nowMs;
    this.queues = Array.from({ length: queues }, (_, i) => this.makeQueue(i, queues, agents, idleQueues, load));
    this.agents = Array.from({ length: agents }, (_, i) => this.makeAgent(i));
    this.queues.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.agents.sort((a, b) => (a.label < b.label ? -1 : 1));
    this.advance(startMs);
  }

  makeQueue(i, queues, agents, idle, load) {
    const name = QUEUE_NAMES[i] ?? `Queue ${i + 1}`;
    const share = i >= queues - idle ? 0 : ((load * agents) / queues / 300) * (0.5 + this.random());
    return { name, perSecond: share, waiting: [], log: [], day: emptyTally() };
  }

  makeAgent(i) {
    const label = `${GIVEN[i % GIVEN.length]} ${FAMILY[Math.floor(i / GIVEN.length) % FAMILY.length]}`;
    const skills = this.queues.filter((_, q) => q % 4 === i % Math.min(4, this.queues.length) || this.random() < 0.2).map((queue) => queue.name);
    const offline = this.random() < 0.12;
    return { name: `agent-${i}`, label, state: offline ? 'offline' : 'available', sinceMs: this.nowMs, untilMs: offline ? Infinity : 0, queues: skills, contact: null, reason: undefined };
  }

  // advance -- second by second up to `nowMs`.
  advance(nowMs) {
    while (this.nowMs + 1000 <= nowMs) {
      this.nowMs += 1000;
      for (const queue of this.queues) this.stepQueue(queue);
      for (const agent of this.agents) this.stepAgent(agent);
    }
  }

  stepQueue(queue) {
    const wave = 1 + 0.2 * Math.sin(this.nowMs / 300_000 + queue.name.length);
    if (this.random() < queue.perSecond * wave) {
      queue.waiting.push({ sinceMs: this.nowMs, patienceMs: 4000 - 110_000 * Math.log(1 - this.random()) });
      queue.day.offered++;
      queue.log.push({ ms: this.nowMs, kind: 'offered', waitMs: 0 });
    }
    const gone = queue.waiting.filter((contact) => this.nowMs - contact.sinceMs > contact.patienceMs);
    for (const contact of gone) this.outcome(queue, 'abandoned', this.nowMs - contact.sinceMs);
    if (gone.length > 0) queue.waiting = queue.waiting.filter((contact) => !gone.includes(contact));
    while (queue.log.length > 0 && queue.log[0].ms < this.nowMs - WINDOW_MS.h1) queue.log.shift();
  }

  outcome(queue, kind, waitMs) {
    queue.log.push({ ms: this.nowMs, kind, waitMs });
    if (kind === 'abandoned') this.hangUp(queue, waitMs);
    count(queue.day, kind, waitMs);
  }

  hangUp(queue, waitMs) {
    const digits = String(100 + Math.floor(900 * this.random()));
    const returned = this.random() < 0.25 ? this.nowMs * 1000 : null;
    this.lost.unshift({ contact: `c${this.nowMs}-${this.lost.length}-${digits}`, queue: queue.name, channel: 'voice', customer: `+49 ••••• ${digits}`, reason: 'abandoned', offered_us: (this.nowMs - waitMs) * 1000, over_us: this.nowMs * 1000, wait_ms: waitMs, returned_us: returned });
    this.lost.length = Math.min(this.lost.length, 50);
  }

  // past -- of a number as stored intervals would tell it: a wave, with a gap where nothing was counted.
  past(kpi, ms) {
    const wave = Math.sin(ms / 3_600_000) * 0.1 + Math.sin(ms / 700_000) * 0.05;
    if (/rate/.test(kpi)) return { value: 0.08 - wave / 3, n: 100 };
    if (/_level|occupancy|utilization|fcr|_top/.test(kpi)) return { value: 0.78 + wave, n: 100 };
    return /_ms$/.test(kpi) ? Math.round(40_000 - 100_000 * wave) : Math.round(60 + 200 * wave);
  }

  stepAgent(agent) {
    if (agent.state === 'available') return this.offer(agent);
    if (this.nowMs < agent.untilMs) return undefined;
    const r = this.random();
    const seconds = (low, high) => low + (high - low) * this.random() ** 2;
    switch (agent.state) {
      case 'alerting':
        return this.answer(agent, seconds(40, 420));
      case 'busy':
        return r < 0.15 ? this.set(agent, 'hold', seconds(10, 90)) : this.set(agent, 'wrap', seconds(10, 70));
      case 'hold':
        return this.set(agent, 'busy', seconds(20, 120));
      case 'wrap':
        agent.contact = null;
        if (r < 0.1) return this.set(agent, 'paused', seconds(120, 1200), r < 0.05 ? 'Lunch' : undefined);
        return this.set(agent, 'available', 0);
      default:
        return this.set(agent, 'available', 0);
    }
  }

  // offer -- rings the agent for the contact that has waited longest and rings nowhere; it goes on waiting meanwhile.
  offer(agent) {
    const first = (queue) => queue.waiting.find((contact) => !contact.ringing);
    const waiting = this.queues.filter((queue) => agent.queues.includes(queue.name) && first(queue));
    if (waiting.length === 0) return;
    const queue = waiting.reduce((a, b) => (first(a).sinceMs <= first(b).sinceMs ? a : b));
    const contact = first(queue);
    contact.ringing = true;
    agent.contact = { queue, contact };
    this.set(agent, 'alerting', 2 + 8 * this.random());
  }

  answer(agent, seconds) {
    const { queue, contact } = agent.contact;
    const at = queue.waiting.indexOf(contact);
    if (at < 0) {
      agent.contact = null; // gave up while it rang
      return this.set(agent, 'available', 0);
    }
    queue.waiting.splice(at, 1);
    this.outcome(queue, 'answered', this.nowMs - contact.sinceMs);
    agent.answered = (agent.answered ?? 0) + 1;
    return this.set(agent, 'busy', seconds);
  }

  set(agent, state, seconds, reason) {
    Object.assign(agent, { state, sinceMs: this.nowMs, untilMs: this.nowMs + seconds * 1000, reason });
  }

  topics() {
    const windows = ['now', 'm15', 'h1', 'day'];
    const names = this.queues.map((queue) => queue.name);
    return ['queues', 'sources', 'agents/all', ...windows.map((w) => `group/all/${w}`), ...names.flatMap((name) => windows.map((w) => `queue/${encode(name)}/${w}`))];
  }

  // item -- the whole state of a topic; undefined for an unknown one.
  item(topic) {
    if (topic === 'queues') return { queues: this.queues.map((queue) => queue.name) };
    if (topic === 'sources') return { sources: this.sources ?? [{ src: 'ami:pbx1', state: 'up', since_us: this.dayMs * 1000, heard_us: this.nowMs * 1000, gaps: 0 }] };
    if (topic === 'alerts') return { alerts: this.alerts };
    const [scope, name, window] = topic.split('/');
    if (scope === 'agents') return { agents: this.agents.filter((agent) => name === 'all' || agent.queues.some((queue) => encode(queue) === name)).map(agentRow) };
    if (scope === 'abandoned') return { contacts: this.lost.filter(({ queue }) => name === 'all' || encode(queue) === name).slice(0, 50) };
    if (scope === 'group') return this.kpis('all', 'all', this.queues, this.agents, window);
    const queue = this.queues.find((one) => encode(one.name) === name);
    if (!queue) return undefined;
    const state = this.kpis('queue', queue.name, [queue], this.agents.filter((agent) => agent.queues.includes(queue.name)), window);
    return queue.sourcesLost ? { ...state, sources_lost: queue.sourcesLost } : state;
  }

  kpis(scope, name, queues, agents, window) {
    const tally = emptyTally();
    for (const queue of queues) add(tally, window === 'day' ? queue.day : this.recent(queue, WINDOW_MS[window]));
    const waits = queues.flatMap((queue) => queue.waiting.map((contact) => contact.sinceMs));
    const late = waits.filter((since) => this.nowMs - since > THRESHOLD_MS).length;
    const states = { offline: 0, available: 0, alerting: 0, busy: 0, hold: 0, wrap: 0, paused: 0 };
    for (const agent of agents) states[agent.state]++;
    const lost = tally.abandoned - tally.short_abandoned;
    if (window === 'now') return { scope, name, channel: 'all', window, waiting: waits.length, ewt_ms: null, longest_wait_since_us: waits.length === 0 ? null : Math.min(...waits) * 1000, agents: states, threshold_ms: THRESHOLD_MS, short_abandon_ms: SHORT_MS, goal: GOAL, fcr_window_h: 168 };
    return {
      ...quality(tally),
      scope, name, channel: 'all', window,
      from_us: (window === 'day' ? this.dayMs : this.nowMs - WINDOW_MS[window]) * 1000,
      offered: tally.offered, answered: tally.answered, abandoned: tally.abandoned, short_abandoned: tally.short_abandoned, flow_out: 0,
      waiting: waits.length, ewt_ms: null,
      longest_wait_since_us: waits.length === 0 ? null : Math.min(...waits) * 1000,
      service_level: wilson(tally.fast, tally.answered + lost + late),
      abandon_rate: wilson(Math.min(lost, Math.max(0, tally.offered - tally.short_abandoned)), Math.max(0, tally.offered - tally.short_abandoned)),
      asa_ms: tally.answered === 0 ? null : Math.round(tally.waited / tally.answered),
      agents: states, threshold_ms: THRESHOLD_MS, short_abandon_ms: SHORT_MS, goal: GOAL, fcr_window_h: 168,
      variants: { service_level: 'default', abandon_rate: 'default', fcr: 'repeat' },
    };
  }

  recent(queue, windowMs) {
    const tally = emptyTally();
    for (const { ms, kind, waitMs } of queue.log) {
      if (ms < this.nowMs - windowMs) continue;
      if (kind === 'offered') tally.offered++;
      else count(tally, kind, waitMs);
    }
    return tally;
  }
}

// quality -- made up from the number of contacts; the same for the same number.
function quality({ answered: n }) {
  const share = (of) => wilson(Math.round(of * n), n);
  const some = (value) => (n === 0 ? null : value);
  return {
    fcr_provisional: share(0.71), fcr_matured: share(0.74), journey_ms: some(612_000), journey_p90_ms: some(2_400_000), csat: { mean: some(4.3), n: Math.round(n / 5) }, csat_top: wilson(Math.round(n / 6), Math.round(n / 5)),
    nps: { value: some(31), n: Math.round(n / 5) }, rater: { reliability: some(4.4), assurance: some(4.1), tangibles: some(3.6), empathy: some(4.6), responsiveness: some(3.9), n: Math.round(n / 9) },
    assess: { mean: some(21.5), n: Math.round(n / 20), tier: n === 0 ? null : 'silver' }, resolved: { yes: Math.round(0.8 * n), no: Math.round(0.1 * n) }, complaints: { opened: Math.round(n / 40), open: Math.round(n / 60), reopened: Math.round(n / 200) },
    complaint_rate: wilson(Math.round(n / 40), n), complaint_ack_ms: some(5_400_000), complaint_resolve_ms: some(93_600_000), causes: { frontline: Math.round(n / 90), process: Math.round(n / 60), support: Math.round(n / 40) },
    occupancy: wilson(Math.round(0.8 * n), n), utilization: wilson(Math.round(0.9 * n), n), transferred: 0, transfer_rate: share(0.05), missed: Math.round(n / 30), talk_ms: some(212_000), hold_ms: some(21_000), wrap_ms: some(43_000), aht_ms: some(276_000),
    wait_p50_ms: some(12_000), wait_p90_ms: some(64_000), wait_p95_ms: some(95_000), wait_p99_ms: some(160_000), wait_max_ms: some(240_000), left: {},
  };
}

function emptyTally() {
  return { offered: 0, answered: 0, abandoned: 0, short_abandoned: 0, fast: 0, waited: 0 };
}

function count(tally, kind, waitMs) {
  tally[kind]++;
  if (kind === 'abandoned' && waitMs <= SHORT_MS) tally.short_abandoned++;
  if (kind !== 'answered') return;
  tally.waited += waitMs;
  if (waitMs <= THRESHOLD_MS) tally.fast++;
}

function add(to, from) {
  for (const key of Object.keys(to)) to[key] += from[key];
}

function agentRow(agent) {
  const row = { name: agent.name, label: agent.label, state: agent.state, since_us: agent.sinceMs * 1000, queues: agent.queues, answered: agent.answered ?? 0, missed: 0, talk_ms: null };
  if (agent.reason) row.reason = agent.reason;
  if (agent.contact) row.contact_queue = agent.contact.queue.name;
  return row;
}

export function encode(name) {
  return name.replace(/[\u0000-\u001f\u007f/%]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
}
