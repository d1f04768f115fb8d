// What each number means, keyed by its JSON key: name, formula and help in every language. Shaped like rows of a table,
// so that a table told by the server can take its place: replaceKpis() and nothing else.
// Placeholders: {threshold} {short} {goal} are filled in from the item that holds the number.
import type { Language } from '../i18n';

type Texts = Record<Language, string>;

export interface Kpi {
  name: Texts;
  help: Texts; // one or two sentences: the formula in words
  formula?: string; // in the symbols of the KPI table
  kind: 'count' | 'ratio' | 'since' | 'states';
}

let kpis: Record<string, Kpi> = {
  waiting: {
    kind: 'count',
    name: { en: 'Waiting', 'zh-CN': '等待中' },
    help: {
      en: 'Contacts in the queue at this moment, not yet connected to an agent.',
      'zh-CN': '此刻在队列中、尚未接通坐席的联络数。',
    },
  },
  longest_wait_since_us: {
    kind: 'since',
    name: { en: 'Longest wait', 'zh-CN': '最长等待' },
    help: {
      en: 'How long the contact that has waited longest has been in the queue. Watch from {threshold} on, act at three times that.',
      'zh-CN': '队列中等待最久的联络已等待的时间。超过 {threshold} 提示留意，超过其三倍提示立即处理。',
    },
  },
  service_level: {
    kind: 'ratio',
    name: { en: 'Service level', 'zh-CN': '服务水平' },
    help: {
      en: 'Contacts answered within {threshold}, of all answered, abandoned (later than {short}), or waiting for longer than {threshold} now.',
      'zh-CN': '{threshold} 内接听的联络，占以下总数之比：已接听的、放弃的（{short} 以内放弃的不计）、以及此刻已等待超过 {threshold} 的。',
    },
    formula: 'A≤T / (A + B − Bs + W>T)',
  },
  abandon_rate: {
    kind: 'ratio',
    name: { en: 'Abandon rate', 'zh-CN': '放弃率' },
    help: {
      en: 'Contacts that hung up while waiting, later than {short}, of all offered, without short abandons and without those that left by another way.',
      'zh-CN': '等待中挂断的联络（{short} 以内挂断的不计），占进入队列总数（不含短时放弃和以其他方式离开的）之比。',
    },
    formula: '(B − Bs) / (O − Bs − F)',
  },
  answered: {
    kind: 'count',
    name: { en: 'Answered of offered', 'zh-CN': '已接听 / 进入' },
    help: {
      en: 'Contacts connected to an agent in this window, beside those that entered a queue in it.',
      'zh-CN': '此窗口内接通坐席的联络数，以及同一窗口内进入队列的联络数。',
    },
  },
  agents: {
    kind: 'states',
    name: { en: 'Agents by state', 'zh-CN': '坐席状态' },
    help: {
      en: 'How many agents are in each state now. An agent who serves several queues counts once in the total.',
      'zh-CN': '此刻各状态的坐席人数。服务多个队列的坐席在合计中只计一次。',
    },
  },
};

export function kpi(key: string): Kpi | undefined {
  return kpis[key];
}

export function replaceKpis(table: Record<string, Kpi>): void {
  kpis = table;
}
