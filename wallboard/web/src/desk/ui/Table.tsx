// A table for thousands of rows: sortable by every column, moved through by arrow keys, only the rows in sight drawn. Follows
// the grid pattern: one cell can be tabbed to, arrows go on from there, Enter opens its link or explains its number.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import type { KpiKey } from '../../model/items';
import type { Cell } from '../model/csv';
import { sorted, turned, visible, type Order, type SortValue } from '../model/table';
import { useDesk } from './context';

export interface Column<T> {
  key: string;
  title: string;
  numbers?: boolean; // set to the right, largest first
  wide?: boolean; // takes what room there is
  value(row: T): SortValue;
  cell(row: T): ComponentChildren;
  csv?(row: T): Cell; // else the value
  explains?: { kpi: KpiKey; topic(row: T): string | null };
}

interface Props<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  order: Order;
  onOrder(order: Order): void;
  id(row: T): string;
  rowClass?(row: T): string;
  onVisible?(rows: readonly T[]): void;
  tall?: boolean; // fills the view
}

const EXPLAIN_MS = 450; // a number that is only passed by arrow keys does not explain itself
const HEAD = -1;

interface Place {
  row: number; // HEAD: the titles
  column: number;
}

export function useSorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: Order, id: (row: T) => string): T[] {
  const { language } = usePage().locale;
  const column = columns.find((one) => one.key === order.key) ?? columns[0]!;
  return useMemo(() => sorted(rows, order.down, column.value, id, language), [rows, order.key, order.down, language, columns]);
}

export function csvRows<T>(rows: readonly T[], columns: readonly Column<T>[]): Cell[][] {
  return [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => (column.csv ?? column.value)(row) ?? null))];
}

export function Table<T>({ label, rows, columns, order, onOrder, id, rowClass, onVisible, tall = false }: Props<T>) {
  const { words } = useDesk();
  const { explainer } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 40 });
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  const moving = useRef(false);
  const timer = useRef(0);
  const { first, end } = visible(view.top, view.height, view.row, rows.length);
  const shown = rows.slice(first, end);
  const at = { row: Math.min(place.row, rows.length - 1), column: Math.min(place.column, columns.length - 1) };

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = () => {
      const row = parseFloat(getComputedStyle(element).getPropertyValue('--row')) * parseFloat(getComputedStyle(document.documentElement).fontSize) || 40;
      setView((before) => (before.height === element.clientHeight && before.row === row ? before : { ...before, height: element.clientHeight, row }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = box.current!;
    for (const old of element.querySelectorAll('[tabindex="0"]')) old.setAttribute('tabindex', '-1');
    const target = cellAt(element, at);
    target?.setAttribute('tabindex', '0');
    if (moving.current && target) {
      moving.current = false;
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  });

  useEffect(() => onVisible?.(shown), [onVisible, shown.map(id).join('\n')]);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  const moveTo = (next: Place) => {
    const row = Math.max(HEAD, Math.min(rows.length - 1, next.row));
    moving.current = true;
    setPlace({ row, column: Math.max(0, Math.min(columns.length - 1, next.column)) });
    bringIntoView(box.current!, row, view.row, (top) => setView((before) => ({ ...before, top })));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / view.row) - 2);
    const next = step(event, at, page, rows.length, columns.length);
    if (next) {
      event.preventDefault();
      moveTo(next);
    } else if (event.key === 'Enter' && event.target instanceof HTMLTableCellElement) explain(event.target);
  };

  const explain = (target: Element) => {
    const cell = target.closest<HTMLElement>('td[data-kpi]');
    const column = cell && columns[Number(cell.dataset.column)];
    const row = cell && rows[Number(cell.dataset.row)];
    const topic = row && column?.explains?.topic(row);
    if (cell && column?.explains && topic) explainer.show({ element: cell, key: column.explains.kpi, topic });
  };

  const onFocusIn = (event: FocusEvent) => {
    const cell = (event.target as Element).closest<HTMLElement>('[data-column]');
    if (!cell) return;
    window.clearTimeout(timer.current);
    const next = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    if (next.row !== at.row || next.column !== at.column) setPlace(next);
    timer.current = window.setTimeout(() => cell.matches(':focus-visible') && explain(cell), EXPLAIN_MS);
  };

  const quiet = () => {
    window.clearTimeout(timer.current);
    explainer.hide();
  };

  return (
    <div
      class={`grid-box ${tall ? 'tall' : ''}`}
      ref={box}
      onScroll={(event) => {
        const top = event.currentTarget.scrollTop;
        if (top !== view.top) setView((before) => ({ ...before, top }));
        if (!moving.current) explainer.hide();
      }}
      onKeyDown={onKeyDown}
      onFocusIn={onFocusIn}
      onFocusOut={quiet}
      onClick={(event) => explain(event.target as Element)}
    >
      <table role="grid" aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={columns.length}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column, c) => (
              <th
                key={column.key}
                scope="col"
                class={`${column.numbers ? 'number' : ''} ${column.wide ? 'wide' : ''}`}
                aria-sort={order.key === column.key ? (order.down ? 'descending' : 'ascending') : undefined}
                data-row={HEAD}
                data-column={c}
              >
                <button type="button" tabIndex={-1} title={words.table.sortBy(column.title)} onClick={() => onOrder(turned(order, column.key, column.numbers ?? false))}>
                  {column.title}
                  <span class="arrow" aria-hidden="true">
                    {order.key === column.key ? (order.down ? '▼' : '▲') : ''}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <Gap rows={first} height={view.row} columns={columns.length} />}
          {shown.map((row, i) => (
            <tr key={id(row)} class={rowClass?.(row)} data-id={id(row)} aria-rowindex={first + i + 2}>
              {columns.map((column, c) => (
                <td
                  key={column.key}
                  tabIndex={-1}
                  class={`${column.numbers ? 'number' : ''} ${column.wide ? 'wide' : ''}`}
                  data-row={first + i}
                  data-column={c}
                  data-key={column.key}
                  data-kpi={column.explains?.kpi}
                  aria-describedby={column.explains ? 'explanation' : undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {end < rows.length && <Gap rows={rows.length - end} height={view.row} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

function Gap({ rows, height, columns }: { rows: number; height: number; columns: number }) {
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * height}px` }} />
    </tr>
  );
}

// cellAt -- what takes the focus there: a cell's own link or button, else the cell.
function cellAt(box: HTMLElement, { row, column }: Place): HTMLElement | null {
  const cell = box.querySelector<HTMLElement>(`[data-row="${row}"][data-column="${column}"]`);
  return cell?.querySelector<HTMLElement>('a, button') ?? cell;
}

function step(event: KeyboardEvent, { row, column }: Place, page: number, rows: number, columns: number): Place | null {
  if (event.altKey || event.metaKey || event.target instanceof HTMLInputElement) return null;
  switch (event.key) {
    case 'ArrowDown': return { row: row + 1, column };
    case 'ArrowUp': return { row: row - 1, column };
    case 'ArrowRight': return { row, column: column + 1 };
    case 'ArrowLeft': return { row, column: column - 1 };
    case 'PageDown': return { row: row + page, column };
    case 'PageUp': return { row: row - page, column };
    case 'Home': return event.ctrlKey ? { row: 0, column: 0 } : { row, column: 0 };
    case 'End': return event.ctrlKey ? { row: rows - 1, column: columns - 1 } : { row, column: columns - 1 };
    default: return null;
  }
}

function bringIntoView(box: HTMLElement, row: number, height: number, scrolled: (top: number) => void): void {
  if (row < 0 || box.scrollHeight <= box.clientHeight) return;
  const top = row * height;
  const head = box.querySelector('thead')!.clientHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + height + head > box.scrollTop + box.clientHeight) box.scrollTop = top + height + head - box.clientHeight;
  else return;
  scrolled(box.scrollTop);
}
