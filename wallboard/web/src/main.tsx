// Wires a display: choices, store, connection, screen. Nothing here decides anything.
import { h, render } from 'preact';
import floor from '../../boards/floor.yaml';
import { makeLocale, type Language } from './i18n';
import { readBoard, textIn } from './model/board';
import { askServer, Catalogue } from './model/kpis';
import { brightnessAt, driftAt } from './model/night';
import { Shelf } from './model/shelf';
import { Store } from './model/store';
import { Connection } from './net/connection';
import { Histories } from './net/history';
import { App } from './ui/App';
import { Explainer } from './ui/explain';
import { readChoices, remember, themeFor, type Preferences, type Theme } from './ui/preferences';
import { Sound } from './ui/sound';
import { everySecond, Ticker } from './ui/ticker';
import './style/main.css';

// A change is drawn at once; what follows it within this time is drawn together. Digits that change more often than ten
// times a second are read by nobody, and each drawing costs a television's small computer some milliseconds.
const APART_MS = 100;
const RELOAD_SPREAD_MS = 20_000; // a new build: not every display of the building at the same instant

const choices = readChoices(location.search);
const root = document.getElementById('root')!;
const monotonicMs = () => performance.now();
const nowMs = () => store.pulse.clock.nowMs() ?? Date.now();

let frameAsked = false;
let drawnAtMs = -APART_MS;
function askFrame(): void {
  if (frameAsked) return;
  frameAsked = true;
  const wait = drawnAtMs + APART_MS - performance.now();
  if (wait <= 0) requestAnimationFrame(draw);
  else window.setTimeout(() => requestAnimationFrame(draw), wait);
}

let reloading = false;
function reloadSoon(): void {
  if (reloading) return;
  reloading = true;
  window.setTimeout(() => location.reload(), Math.random() * RELOAD_SPREAD_MS);
}

const named = /^\/d\/([^/]+)$/.exec(location.pathname)?.[1];
const shelf = new Shelf(named === undefined ? 'floor' : decodeURIComponent(named), readBoard(floor), monotonicMs);
if (!choices.turning) shelf.stay();
const store = new Store(shelf, monotonicMs, askFrame, reloadSoon);
const ticker = new Ticker(() => store.nowMs(), nowMs);
const catalogue = new Catalogue(askServer, reword);
const explainer = new Explainer(catalogue, askFrame);
const sound = new Sound(askFrame);
const histories = new Histories(askFrame);
let page = { locale: makeLocale(choices.language, choices.timeZone), ticker, explainer, dress: '' };
let alarms = 0;

// reword -- a new page object draws every tile anew: other words, or other colours.
function reword(): void {
  page = { ...page, locale: makeLocale(preferences.language, choices.timeZone) };
  askFrame();
}

const preferences: Preferences = {
  language: choices.language,
  theme: choices.theme ?? 'dark',
  setLanguage(language: Language) {
    preferences.language = language;
    remember('language', language);
    reword();
  },
  setTheme(theme: Theme) {
    choices.theme = theme;
    remember('theme', theme);
    askFrame();
  },
};

// dress -- what the board on the wall asks of the whole page.
function dress(): void {
  const shown = shelf.shown(store.pulse.connected);
  const board = shown.kind === 'board' ? shown.board : null;
  const { documentElement, body } = document;
  const title = board ? textIn(board.title, preferences.language) : page.locale.text.title;
  preferences.theme = themeFor(choices.theme, board?.theme ?? 'dark');
  const next: Record<string, string> = { theme: preferences.theme, palette: board?.palette ?? 'default', board: board?.id ?? '' };
  for (const [key, value] of Object.entries(next)) if (documentElement.dataset[key] !== value) documentElement.dataset[key] = value;
  const worn = `${next.theme} ${next.palette}`;
  if (page.dress !== worn) page = { ...page, dress: worn };
  if (documentElement.lang !== preferences.language) documentElement.lang = preferences.language;
  if (document.title !== `${title} · Floorcast`) document.title = `${title} · Floorcast`;
  const dark = String(1 - brightnessAt(board?.night, nowMs()));
  if (body.style.getPropertyValue('--night') !== dark) body.style.setProperty('--night', dark);
  const { x, y } = board?.drift ? driftAt(nowMs()) : { x: 0, y: 0 };
  const moved = x === 0 && y === 0 ? '' : `translate(${x}px, ${y}px)`;
  if (root.style.transform !== moved) root.style.transform = moved;
  if (board?.sound) sound.ready();
}

// follow -- boards that take turns: a reload shows the one that was on the wall.
function follow(): void {
  const path = `/d/${encodeURIComponent(shelf.id)}`;
  if (location.pathname.startsWith('/d/') && location.pathname !== path) history.replaceState(null, '', path + location.search);
}

let listing = -1;
function subscribe(): void {
  listing = store.listing;
  connection.subscribe(store.topics());
}

function draw(): void {
  frameAsked = false;
  drawnAtMs = performance.now();
  const view = store.view();
  if (store.listing !== listing) subscribe();
  dress();
  const sounding = view.shown.kind === 'board' && view.shown.board.sound;
  if (view.alarms > alarms && sounding) sound.beep();
  alarms = view.alarms;
  render(h(App, { page, view, preferences, soundBlocked: sounding && sound.blocked, find: (topic) => store.find(topic) }), root);
}

const connection = new Connection(new URL('/ws', location.href.replace(/^http/, 'ws')).href, {
  opened: () => store.opened(),
  lost: () => store.lost(),
  message: (message) => store.apply(message),
});

everySecond(nowMs, () => {
  store.second();
  subscribe(); // a board that is about to be shown
  follow();
  ticker.tick();
  if (store.pulse.connected) {
    void catalogue.want();
    const now = store.nowMs();
    if (now !== null) void histories.want(store.lines(), now);
  }
  askFrame();
});
connection.open();
window.addEventListener('online', () => connection.retryNow());
