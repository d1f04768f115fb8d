// What every part of the editor may need, handed down once.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { EditorMessages } from '../../i18n/editor.en';
import type { Kpi } from '../../model/kpis';
import type { Listed, Names } from '../model/api';
import type { Session } from '../model/session';

export interface Editor {
  words: EditorMessages;
  session: Session;
  kpis: Kpi[];
  names: Names;
  boards: Listed[];
  say(words: string): void; // to who cannot see it
  href(path: string): string; // with language and theme as the address has them
}

const EditorContext = createContext<Editor | null>(null);
export const EditorProvider = EditorContext.Provider;

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === null) throw new Error('a component was drawn outside of the editor');
  return editor;
}
