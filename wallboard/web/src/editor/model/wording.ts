// A text in both languages. One that says the same in all of them is a plain string.
import type { Language } from '../../i18n';
import type { Text } from '../../model/board';

export function wordingIn(text: unknown, language: Language): string {
  if (typeof text === 'string') return text;
  const said = ((text ?? {}) as Record<string, unknown>)[language];
  return typeof said === 'string' ? said : '';
}

// reworded -- undefined: nothing is left of it.
export function reworded(text: unknown, language: Language, words: string): Text | undefined {
  const both = { en: wordingIn(text, 'en'), 'zh-CN': wordingIn(text, 'zh-CN'), [language]: words };
  if (both.en === both['zh-CN']) return both.en === '' ? undefined : both.en;
  return Object.fromEntries(Object.entries(both).filter(([, said]) => said !== '')) as Text;
}
