// What every component may need, handed down once.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Locale } from '../i18n';
import type { Explainer } from './explain';
import type { Ticker } from './ticker';

export interface Page {
  locale: Locale;
  ticker: Ticker;
  explainer: Explainer;
  dress: string; // theme and palette in force
}

const PageContext = createContext<Page | null>(null);
export const PageProvider = PageContext.Provider;

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('a component was drawn outside of the page');
  return page;
}
