// Order, search and the part of a long table that is on the screen.

export interface Order {
  key: string;
  down: boolean; // largest first
}

export function readOrder(text: string | undefined, usual: string): Order {
  const said = text === undefined || text === '' ? usual : text;
  return said.startsWith('-') ? { key: said.slice(1), down: true } : { key: said, down: false };
}

export function writeOrder({ key, down }: Order): string {
  return down ? `-${key}` : key;
}

// turned -- the order after a click on a column: the other way round, or that column's usual way.
export function turned(order: Order, key: string, numbers: boolean): Order {
  return order.key === key ? { key, down: !order.down } : { key, down: numbers };
}

export type SortValue = number | string | null | undefined;

// sorted -- by value; what has none comes last either way, equals in the order of their names.
export function sorted<T>(rows: readonly T[], down: boolean, value: (row: T) => SortValue, name: (row: T) => string, language?: string): T[] {
  const { compare } = new Intl.Collator(language, { numeric: true });
  const keyed = rows.map((row) => ({ row, value: value(row) ?? null, name: name(row) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null) || compare(a.name, b.name);
    const order = typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value : compare(String(a.value), String(b.value));
    return (down ? -order : order) || compare(a.name, b.name);
  });
  return keyed.map(({ row }) => row);
}

// matches -- every word that was typed occurs somewhere, whatever its case.
export function matches(typed: string, ...texts: (string | null | undefined)[]): boolean {
  const all = texts.join('\n').toLocaleLowerCase();
  return typed.toLocaleLowerCase().split(/\s+/).every((word) => all.includes(word));
}

export interface Span {
  first: number;
  end: number; // one behind the last
}

const SPARE = 6; // rows beyond each edge, so that a fast wheel shows no hole

export function visible(scrollTop: number, height: number, rowHeight: number, count: number): Span {
  const first = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE), Math.max(0, count - 1));
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + SPARE) };
}
