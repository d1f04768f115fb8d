// What whoever hung up the display chose: by the address (?lang= ?theme= ?stay ?tz=), else by an earlier choice on
// this display, else by the board or the browser. The address wins, so that a kiosk's start line says everything.
import { pickLanguage, type Language } from '../i18n';
import type { BoardTheme } from '../model/board';

export type Theme = 'dark' | 'light';

export interface Preferences {
  language: Language;
  theme: Theme; // in force
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

export interface Choices {
  language: Language;
  theme: Theme | null; // null: as the board says
  turning: boolean; // boards take turns where they say so
  timeZone: string | undefined;
}

const KEYS = { language: 'floorcast.language', theme: 'floorcast.theme' };

export function readChoices(search: string): Choices {
  const asked = new URLSearchParams(search);
  const theme = asked.get('theme') ?? remembered(KEYS.theme);
  return {
    language: pickLanguage([asked.get('lang'), remembered(KEYS.language), ...navigator.languages]),
    theme: theme === 'light' || theme === 'dark' ? theme : null,
    turning: !asked.has('stay'),
    timeZone: validZone(asked.get('tz')),
  };
}

export function remember(key: keyof typeof KEYS, value: string): void {
  try {
    localStorage.setItem(KEYS[key], value);
  } catch {
    // a kiosk may forbid storage: the choice then lasts as long as the page
  }
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function validZone(zone: string | null): string | undefined {
  if (zone === null) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined; // an unknown name: the display's own zone, which the header names
  }
}

// themeFor -- what was chosen here, else what the board says, "auto" being the browser's wish.
export function themeFor(chosen: Theme | null, board: BoardTheme): Theme {
  if (chosen !== null) return chosen;
  if (board !== 'auto') return board;
  return window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}
