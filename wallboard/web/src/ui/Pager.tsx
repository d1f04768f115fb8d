// Pages that turn by themselves, for what does not fit on the wall at once, and their dots. Choosing a dot by hand holds
// that page for a minute.
import { useEffect, useState } from 'preact/hooks';
import { pagesOf } from '../model/layout';
import { usePage } from './context';

const HOLD_MS = 60_000;

export interface Pager<T> {
  items: T[];
  page: number;
  pages: number;
  go(page: number): void;
}

export function usePages<T>(all: T[], perPage: number, everyMs: number): Pager<T> {
  const pages = pagesOf(all.length, perPage);
  const [wanted, setWanted] = useState(0);
  const [heldUntil, setHeldUntil] = useState(0);
  const page = pages.length === 0 ? 0 : wanted % pages.length;
  useEffect(() => {
    if (pages.length < 2) return;
    const wait = Math.max(everyMs, heldUntil - Date.now());
    const timer = window.setTimeout(() => setWanted((page + 1) % pages.length), wait);
    return () => window.clearTimeout(timer);
  }, [page, pages.length, everyMs, heldUntil]);
  const { from, to } = pages[page] ?? { from: 0, to: 0 };
  const go = (next: number) => {
    setWanted(next);
    setHeldUntil(Date.now() + HOLD_MS);
  };
  return { items: all.slice(from, to), page, pages: pages.length, go };
}

export function Dots({ pager }: { pager: Pager<unknown> }) {
  const { text, format } = usePage().locale;
  if (pager.pages < 2) return null;
  const label = (page: number) => text.page(format.count(page + 1), format.count(pager.pages));
  return (
    <nav class="dots" aria-label={label(pager.page)}>
      {Array.from({ length: pager.pages }, (_, page) => (
        <button
          key={page}
          type="button"
          aria-label={label(page)}
          aria-current={page === pager.page ? 'page' : undefined}
          onClick={() => pager.go(page)}
        />
      ))}
    </nav>
  );
}
