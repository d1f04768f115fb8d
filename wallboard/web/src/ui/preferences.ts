// What whoever hung up the display chose: by the address (?lang= ?theme= ?window= ?tz=), else by an earlier choice on
// this display, else by the browser. The address wins, so that a kiosk's start line says everything.
import { pickLanguage, type Language } from '../i18n';
import { WINDOWS, type Window } from '../model/items';

export type Theme = 'dark' | 'light';

export interface Preferences {
  language: Language;
  theme: Theme;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

export interface Choices {
  language: Language;
  theme: Theme;
  window: Window;
  timeZone: string | undefined;
}

const KEYS = { language: 'floorcast.language', theme: 'floorcast.theme' };

export function readChoices(search: string): Choices {
  const asked = new URLSearchParams(search);
  const theme = asked.get('theme') ?? remembered(KEYS.theme);
  const window = asked.get('window');
  return {
    language: pickLanguage([asked.get('lang'), remembered(KEYS.language), ...navigator.languages]),
    theme: theme === 'light' ? 'light' : 'dark',
    window: WINDOWS.find((one) => one === window) ?? 'm15',
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
