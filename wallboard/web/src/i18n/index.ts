// Which language, and everything that depends on it: words, numbers, durations, times.
import { en, type Messages } from './en';
import { zhCN } from './zh-CN';
import { makeFormat, type Format } from './format';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const catalogues: Record<Language, Messages> = { en, 'zh-CN': zhCN };

export interface Locale {
  language: Language;
  text: Messages;
  format: Format;
}

export function makeLocale(language: Language, timeZone?: string): Locale {
  return { language, text: catalogues[language], format: makeFormat(language, timeZone) };
}

// pickLanguage -- the first wish that can be met: any kind of Chinese gets zh-CN, everything else English.
export function pickLanguage(wishes: readonly (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const primary = wish?.toLowerCase().split(/[-_]/)[0];
    if (primary === 'zh') return 'zh-CN';
    if (primary === 'en') return 'en';
  }
  return 'en';
}
