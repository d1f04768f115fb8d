// The board editor's words: bundled with that page alone.
import { editorEn, type EditorMessages } from './editor.en';
import { editorZhCN } from './editor.zh-CN';
import type { Language } from './index';

export const editorMessages: Record<Language, EditorMessages> = { en: editorEn, 'zh-CN': editorZhCN };
