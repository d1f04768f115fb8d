// The supervisor's page's words: bundled with that page alone.
import { deskEn, type DeskMessages } from './desk.en';
import { deskZhCN } from './desk.zh-CN';
import type { Language } from './index';

export const deskMessages: Record<Language, DeskMessages> = { en: deskEn, 'zh-CN': deskZhCN };
