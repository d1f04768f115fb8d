// Wires the board editor: choices, the document, live numbers, screen. Nothing here decides anything.
import { h, render } from 'preact';
import { makeLocale, type Language } from '../i18n';
import { editorMessages } from '../i18n/editor';
import { askServer, Catalogue } from '../model/kpis';
import { Store } from '../model/store';
import { Connection } from '../net/connection';
import { Histories } from '../net/history';
import { textIn } from '../model/board';
import { Explainer } from '../ui/explain';
import { readChoices, remember, themeFor, type Preferences, type Theme } from '../ui/preferences';
import { everySecond, Ticker } from '../ui/ticker';
import { getBoards, getNames, type Listed, type Names } from './model/api';
import type { BoardDoc } from './model/document';
import { Easel } from './model/easel';
import { Session } from './model/session';
import { App } from './ui/App';
import './style/editor.css';

const NAMES_EVERY_MS = 30_000;
const SAID_MS = 8_000; // how long a message stands

const choices = readChoices(location.search);
const root = document.getElementById('root')!;
const monotonicMs = () => performance.now();
const id = decodeURIComponent(/^\/edit\/([^/]+)$/.exec(location.pathname)?.[1] ?? '');

let asked = false;
function askFrame(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}

const session = new Session(id, askFrame);
const easel = new Easel(id, monotonicMs);
const store = new Store(easel, monotonicMs, askFrame, () => undefined); // a new build waits until what is typed here is saved
const ticker = new Ticker(() => store.nowMs(), () => store.pulse.clock.nowMs() ?? Date.now());
const catalogue = new Catalogue(askServer, askFrame);
const explainer = new Explainer(catalogue, askFrame);
const histories = new Histories(askFrame);
let names: Names = { queues: [], groups: [], agents: [] };
let boards: Listed[] = [];
let said = '';
let shown: BoardDoc | null = null;
let page = { locale: makeLocale(choices.language, choices.timeZone), ticker, explainer, dress: '' };

const preferences: Preferences = {
  language: choices.language,
  theme: themeFor(choices.theme, 'dark'),
  setLanguage(language: Language) {
    preferences.language = language;
    remember('language', language);
    page = { ...page, locale: makeLocale(language, choices.timeZone) };
    askFrame();
  },
  setTheme(theme: Theme) {
    preferences.theme = theme;
    remember('theme', theme);
    askFrame();
  },
};

let unsaying = 0;
function say(words: string): void {
  said = words;
  window.clearTimeout(unsaying);
  if (words !== '') unsaying = window.setTimeout(say, SAID_MS, '');
  askFrame();
}

function dress(): void {
  const { documentElement } = document;
  const palette = String(session.doc.palette ?? 'default');
  documentElement.lang = preferences.language;
  documentElement.dataset.theme = preferences.theme;
  documentElement.dataset.palette = palette;
  const worn = `${preferences.theme} ${palette} ${catalogue.all().length}`;
  if (page.dress !== worn) page = { ...page, dress: worn };
  const words = editorMessages[preferences.language];
  document.title = `${id === '' ? words.choose.heading : textIn(session.doc.title, preferences.language)} · ${words.title}`;
}

let listing = -1;
function draw(): void {
  asked = false;
  if (shown !== session.doc) easel.put(session.doc);
  shown = session.doc;
  const view = store.view();
  if (store.listing !== listing) connection.subscribe(store.topics());
  listing = store.listing;
  dress();
  const editor = { words: editorMessages[preferences.language], session, kpis: catalogue.all(), names, boards, say, href: (path: string) => path + location.search };
  render(h(App, { page, editor, preferences, tiles: view.tiles, choosing: id === '', cut: view.freshness.phase === 'cut', said }), root);
}

const connection = new Connection(new URL('/ws', location.href.replace(/^http/, 'ws')).href, {
  opened: () => store.opened(),
  lost: () => store.lost(),
  message: (message) => store.apply(message),
});

async function ask(): Promise<void> {
  const [listed, known] = await Promise.all([getBoards(), id === '' ? names : getNames()]);
  names = known;
  boards = listed ?? boards;
  if (listed && listed.length > 0) session.readOnly = listed.every(({ editable }) => !editable);
  askFrame();
}

function onKey(event: KeyboardEvent): void {
  const typing = (event.target as HTMLElement).closest('input, textarea');
  if (!(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  if (key === 's') void session.save();
  else if (key === 'z' && !typing) event.shiftKey ? session.redo() : session.undo();
  else if (key === 'y' && !typing) session.redo();
  else return;
  event.preventDefault();
}

everySecond(
  () => ticker.clockMs(),
  () => {
    store.second();
    ticker.tick();
    const now = store.nowMs();
    if (store.pulse.connected && now !== null) void histories.want(store.lines(), now);
    void catalogue.want();
    askFrame();
  },
);
if (id !== '') {
  void session.load();
  connection.open();
  window.addEventListener('keydown', onKey);
  window.addEventListener('beforeunload', (event) => session.unsaved && session.steps.canUndo && event.preventDefault());
}
void ask();
window.setInterval(() => void ask(), NAMES_EVERY_MS);
window.addEventListener('online', () => connection.retryNow());
askFrame();
