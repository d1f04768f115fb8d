// The small parts that every view is put together from.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { LevelShape, StateShape } from '../../ui/shapes';
import type { AgentState, KpiItem, KpiKey } from '../../model/items';
import { OK, type Level } from '../../model/status';
import { csvText, fileName, type Cell } from '../model/csv';
import { keyOf, kindOf, partOf, read } from '../model/figure';
import type { Problem } from '../model/ask';
import type { Route } from '../model/route';
import { useDesk, type Asked } from './context';

interface LinkProps {
  to: Route;
  class?: string;
  current?: boolean;
  tab?: number;
  children: ComponentChildren;
}

// Link -- a real link, so that it can be opened elsewhere and sent; a plain click stays in the page.
export function Link({ to, class: name = '', current = false, tab, children }: LinkProps) {
  const { go, href } = useDesk();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a class={name} href={href(to)} aria-current={current ? 'page' : undefined} tabIndex={tab} onClick={follow}>
      {children}
    </a>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { key: T; text: string }[];
  onChange(value: T): void;
}

// Segments -- one of few, all in sight.
export function Segments<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(({ key, text }) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
          {text}
        </button>
      ))}
    </div>
  );
}

// Select -- one of many.
export function Select<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map(({ key, text }) => (
          <option key={key} value={key} selected={key === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

// SearchField -- holds what is typed itself: a drawing under way may still know the address from before the last key.
export function SearchField({ value, onChange }: { value: string; onChange(value: string): void }) {
  const { words } = useDesk();
  const [typed, setTyped] = useState(value);
  const said = useRef<string[]>([]); // and not yet heard back: what comes back otherwise was changed elsewhere
  useEffect(() => {
    const at = said.current.indexOf(value);
    if (at < 0) setTyped(value);
    said.current = said.current.slice(at + 1);
  }, [value]);
  const type = (next: string) => {
    said.current.push(next);
    setTyped(next);
    onChange(next);
  };
  return (
    <input
      type="search"
      class="search"
      data-search
      aria-label={words.search.label}
      aria-keyshortcuts="/"
      title={words.search.key}
      placeholder={words.search.hint}
      value={typed}
      onInput={(event) => type(event.currentTarget.value)}
    />
  );
}

export function Panel({ title, tools, class: name = '', children }: { title: string; tools?: ComponentChildren; class?: string; children: ComponentChildren }) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {tools && <div class="tools">{tools}</div>}
      </div>
      {children}
    </section>
  );
}

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="nothing">
      <p>{title}</p>
      {hint && <small>{hint}</small>}
      {children}
    </div>
  );
}

export function Trouble({ problem, again }: { problem: Problem; again?: () => void }) {
  const { words } = useDesk();
  return (
    <div class="trouble" role="status">
      <span class="at-1">
        <LevelShape level={1} />
      </span>
      <p>
        {words.problem[problem.kind]}
        {problem.said && <small> {words.problem.said(problem.said)}</small>}
      </p>
      {again && (
        <button type="button" class="button" onClick={again}>
          {words.problem.again}
        </button>
      )}
    </div>
  );
}

// Answered -- what was asked for; until then that it is being asked; where it was refused, why.
export function Answered<T>({ asked, children }: { asked: Asked<T>; children: (data: T[]) => ComponentChildren }) {
  const { words } = useDesk();
  if (asked.data === null && asked.problem === null) return <p class="asking" role="status">{words.asking}</p>;
  return (
    <>
      {asked.problem && <Trouble problem={asked.problem} again={asked.again} />}
      {asked.data !== null && children(asked.data)}
    </>
  );
}

export function Download({ name, rows }: { name: string[]; rows: () => Cell[][] }) {
  const { words } = useDesk();
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([csvText(rows())], { type: 'text/csv;charset=utf-8' }));
    link.download = fileName(...name);
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <button type="button" class="button" title={words.table.csvHint} data-csv onClick={save}>
      <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M7 1.5h2v6.2l2.3-2.3 1.4 1.4L8 11.5 3.3 6.8l1.4-1.4L7 7.7zM2 12.5h12v2H2z" fill="currentColor" />
      </svg>
      {words.table.csv}
    </button>
  );
}

export function LevelMark({ level, quiet = false }: { level: Level; quiet?: boolean }) {
  const { text } = usePage().locale;
  if (level === OK && quiet) return <span class="hidden-label">{text.level[OK]}</span>;
  return (
    <span class={`level at-${level}`}>
      <LevelShape level={level} />
      <span>{text.level[level]}</span>
    </span>
  );
}

export function StateMark({ state }: { state: AgentState }) {
  const { text } = usePage().locale;
  return (
    <span class={`state-mark is-${state}`}>
      <StateShape state={state} />
      <span>{text.agent[state] ?? state}</span>
    </span>
  );
}

// useKpiText -- what a number is called, its part included, and what it reads.
export function useKpiText() {
  const { kpis, words, show } = useDesk();
  const { language, text } = usePage().locale;
  const row = (path: string) => kpis.find((one) => one.key === keyOf(path));
  const kind = (path: string) => kindOf(row(path));
  return {
    row,
    kind,
    name(path: string): string {
      const part = partOf(path);
      const whole = row(path)?.name[language] ?? keyOf(path);
      if (part === null) return whole;
      const state = (text.agent as Record<string, string>)[part];
      return `${whole}: ${(/^(agents|state_ms)\./.test(path) ? state : words.parts[part]) ?? part}`;
    },
    value: (path: string, item: KpiItem | null) => show.value(kind(path), read(item, path).value),
  };
}

interface ExplainedProps {
  kpi: KpiKey;
  topic: string | null;
  class?: string;
  children: ComponentChildren;
}

// Explained -- a number that explains itself when clicked, or focused by keyboard.
export function Explained({ kpi, topic, class: name = '', children }: ExplainedProps) {
  const { explainer } = usePage();
  const show = (event: Event) => {
    if (topic !== null) explainer.show({ element: event.currentTarget as HTMLElement, key: kpi, topic });
  };
  return (
    <button
      type="button"
      class={`explained ${name}`}
      data-kpi={kpi}
      aria-describedby="explanation"
      onClick={show}
      onFocus={(event) => event.currentTarget.matches(':focus-visible') && show(event)}
      onBlur={(event) => explainer.hide(event.currentTarget)}
    >
      {children}
    </button>
  );
}

// Popup -- a button that opens something beside it; Escape and a click elsewhere close it.
export function Popup({ label, children }: { label: ComponentChildren; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (!node.current!.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const close = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    setOpen(false);
    node.current!.querySelector('button')!.focus();
  };
  return (
    <div class="popup" ref={node} onKeyDown={close}>
      <button type="button" class="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {label}
      </button>
      {open && <div class="popup-body">{children}</div>}
    </div>
  );
}
