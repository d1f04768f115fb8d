// Every number explains itself: pointing at it, or focusing it, opens what it means, its formula and where that comes
// from, its window and n.
// One popover for the whole page; what it says follows the live item, not a copy.
import { Fragment, type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Locale } from '../i18n';
import { rootOf } from '../model/figure';
import type { KpiItem, KpiKey, Ratio } from '../model/items';
import { nothingCounted, variantOf, type Catalogue, type Kpi } from '../model/kpis';
import { usePage } from './context';

interface Target {
  element: HTMLElement;
  key: KpiKey;
  topic: string;
}

export class Explainer {
  target: Target | null = null;

  constructor(
    readonly catalogue: Catalogue,
    private readonly changed: () => void,
  ) {}

  show(target: Target): void {
    this.target = target;
    void this.catalogue.want();
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
  item: Pick<KpiItem, 'topic'> | null;
  class: string;
  children: ComponentChildren;
}

// Figure -- a number with its labels, and the way to its explanation.
export function Figure({ kpi: key, item, class: name, children }: FigureProps) {
  const { explainer } = usePage();
  const show = (event: Event) => {
    if (item) explainer.show({ element: event.currentTarget as HTMLElement, key: rootOf(key) as KpiKey, topic: item.topic });
  };
  const hide = (event: Event) => explainer.hide(event.currentTarget as HTMLElement);
  return (
    <button
      type="button"
      class={`figure ${name}`}
      data-kpi={rootOf(key)}
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
  const row = target && explainer.catalogue.find(target.key);
  if (!target || !item || !row) return <div id="explanation" role="tooltip" hidden />;
  const { text, language } = locale;
  const variant = variantOf(row, item);
  return (
    <div id="explanation" class="explanation" role="tooltip" ref={box}>
      <h4>{row.name[language]}</h4>
      <p>{fill(row.help[language], item, locale)}</p>
      <p class="formula">{(variant && row.variants[variant]) ?? row.formula}</p>
      <dl>
        {factsOf(row, item, variant, locale).map(([term, value]) => (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {!isMoment(row) && nothingCounted(item[row.key]) && <p>{text.explain.nothing}</p>}
    </div>
  );
}

const isMoment = (row: Kpi) => row.windows.includes('now');

function fill(help: string, item: KpiItem, { text, format }: Locale): string {
  const { fcr_window_h: hours } = item;
  return help
    .replace(/\{threshold\}/g, format.duration(item.threshold_ms))
    .replace(/\{short\}/g, format.duration(item.short_abandon_ms))
    .replace(/\{goal\}/g, format.percent(item.goal))
    .replace(/\{window_h\}/g, hours === undefined ? text.dash : format.duration(hours * 3600_000));
}

type Fact = [term: string, value: string];

function factsOf(row: Kpi, item: KpiItem, variant: string | null, { text, format }: Locale): Fact[] {
  const since = item.from_us === undefined ? '' : ` (${text.explain.since(format.time(item.from_us / 1000))})`;
  const facts: Fact[] = [[text.explain.window, isMoment(row) ? text.window.now : text.window[item.window] + since]];
  const value = item[row.key];
  if (typeof value === 'object' && value !== null && 'n' in value) {
    facts.push([text.explain.n, row.form === 'time_share' ? format.duration(value.n * 1000) : format.count(value.n)]);
    const { lo, hi } = value as Partial<Ratio>;
    if (typeof lo === 'number' && typeof hi === 'number') {
      facts.push([text.explain.interval, `${format.percent(lo, 1)} – ${format.percent(hi, 1)}`]);
    }
  }
  if (row.key === 'service_level') facts.push([text.explain.goal, format.percent(item.goal)]);
  if (variant !== null) facts.push([text.explain.variant, variant]);
  facts.push([text.explain.source, row.source]);
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
