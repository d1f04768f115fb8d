// Every number explains itself: pointing at it, or focusing it, opens its formula in words, its window, thresholds and n.
// One popover for the whole page; what it says follows the live item, not a copy.
import { Fragment, type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Locale } from '../i18n';
import { kpi } from '../model/kpis';
import type { KpiItem, Ratio } from '../model/items';
import { usePage } from './context';

interface Target {
  element: HTMLElement;
  key: string;
  topic: string;
}

export class Explainer {
  target: Target | null = null;

  constructor(private readonly changed: () => void) {}

  show(target: Target): void {
    this.target = target;
    this.changed();
  }

  hide(element?: HTMLElement): void {
    if (this.target === null || (element && element !== this.target.element)) return;
    this.target = null;
    this.changed();
  }
}

interface FigureProps {
  kpi: string;
  item: KpiItem | null;
  class: string;
  children: ComponentChildren;
}

// Figure -- a number with its labels, and the way to its explanation.
export function Figure({ kpi: key, item, class: name, children }: FigureProps) {
  const { explainer } = usePage();
  const show = (event: Event) => {
    if (item) explainer.show({ element: event.currentTarget as HTMLElement, key, topic: item.topic });
  };
  const hide = (event: Event) => explainer.hide(event.currentTarget as HTMLElement);
  return (
    <button
      type="button"
      class={`figure ${name}`}
      data-kpi={key}
      aria-describedby="explanation"
      onMouseEnter={show}
      onMouseLeave={hide}
      onFocus={show}
      onBlur={hide}
      onClick={show}
    >
      {children}
    </button>
  );
}

export function Explanation({ find }: { find: (topic: string) => KpiItem | null }) {
  const { locale, explainer } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const { target } = explainer;
  useLayoutEffect(() => {
    if (box.current && target) place(box.current, target.element);
  });
  const item = target && find(target.topic);
  const row = target && kpi(target.key);
  if (!target || !item || !row) return <div id="explanation" role="tooltip" hidden />;
  const { text, language } = locale;
  return (
    <div id="explanation" class="explanation" role="tooltip" ref={box}>
      <h4>{row.name[language]}</h4>
      <p>{fill(row.help[language], item, locale)}</p>
      {row.formula && <p class="formula">{row.formula}</p>}
      <dl>
        {factsOf(target.key, item, locale).map(([term, value]) => (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {row.kind === 'ratio' && ratioOf(item, target.key)?.value == null && <p>{text.explain.nothing}</p>}
    </div>
  );
}

function ratioOf(item: KpiItem, key: string): Ratio | undefined {
  return key === 'service_level' ? item.service_level : key === 'abandon_rate' ? item.abandon_rate : undefined;
}

function fill(help: string, item: KpiItem, { format }: Locale): string {
  return help
    .replace(/\{threshold\}/g, format.duration(item.threshold_ms))
    .replace(/\{short\}/g, format.duration(item.short_abandon_ms))
    .replace(/\{goal\}/g, format.percent(item.goal));
}

type Fact = [term: string, value: string];

function factsOf(key: string, item: KpiItem, { text, format }: Locale): Fact[] {
  const facts: Fact[] = [];
  const row = kpi(key);
  if (row?.kind === 'ratio' || key === 'answered') {
    const since = item.from_us === undefined ? '' : ` (${text.explain.since(format.time(item.from_us / 1000))})`;
    facts.push([text.explain.window, text.window[item.window] + since]);
  }
  const ratio = ratioOf(item, key);
  if (ratio) {
    facts.push([text.explain.n, format.count(ratio.n)]);
    if (ratio.lo !== null && ratio.hi !== null) {
      facts.push([text.explain.interval, `${format.percent(ratio.lo, 1)} – ${format.percent(ratio.hi, 1)}`]);
    }
  }
  if (key === 'service_level') facts.push([text.explain.goal, format.percent(item.goal)]);
  if (key === 'service_level' || key === 'longest_wait_since_us') facts.push([text.explain.threshold, format.duration(item.threshold_ms)]);
  if (row?.kind === 'ratio') facts.push([text.explain.shortAbandon, format.duration(item.short_abandon_ms)]);
  return facts;
}

// place -- below the number, or above it where there is no room; never outside of the window.
function place(box: HTMLElement, anchor: HTMLElement): void {
  const margin = 8;
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = Math.max(margin, Math.min(at.left, window.innerWidth - width - margin));
  const below = at.bottom + margin;
  const top = below + height <= window.innerHeight - margin ? below : Math.max(margin, at.top - margin - height);
  box.style.left = `${left}px`;
  box.style.top = `${top}px`;
}
