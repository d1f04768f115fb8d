// Texts that come from a configuration: one for all languages, or one for each.
import type { Language } from '../../i18n';

export type { AgentState } from '../../model/items';
export type Level = 'warning' | 'alert';
export type Texts = string | Partial<Record<Language, string>>;

export function textOf(texts: Texts | null | undefined, language: Language, otherwise: string): string {
  if (texts === null || texts === undefined) return otherwise;
  if (typeof texts === 'string') return texts || otherwise;
  return texts[language] ?? texts.en ?? Object.values(texts)[0] ?? otherwise;
}
