// Wires the floor page: choices, store, connection, screen. Nothing here decides anything.
import { h, render } from 'preact';
import { makeLocale, type Language } from './i18n';
import { askServer, Catalogue } from './model/kpis';
import { Store } from './model/store';
import { Connection } from './net/connection';
import { App } from './ui/App';
import { Explainer } from './ui/explain';
import { readChoices, remember, type Preferences, type Theme } from './ui/preferences';
import { everySecond, Ticker } from './ui/ticker';
import './style/main.css';

const RELOAD_SPREAD_MS = 20_000; // a new build: not every display of the building at the same instant

const choices = readChoices(location.search);
const root = document.getElementById('root')!;
const monotonicMs = () => performance.now();

let frameAsked = false;
function askFrame(): void {
  if (frameAsked) return;
  frameAsked = true;
  requestAnimationFrame(draw);
}

let reloading = false;
function reloadSoon(): void {
  if (reloading) return;
  reloading = true;
  window.setTimeout(() => location.reload(), Math.random() * RELOAD_SPREAD_MS);
}

const store = new Store(choices.window, monotonicMs, askFrame, reloadSoon);
const ticker = new Ticker(
  () => store.nowMs(),
  () => store.clock.nowMs() ?? Date.now(),
);
const explainer = new Explainer(new Catalogue(askServer, askFrame), askFrame);
let page = { locale: makeLocale(choices.language, choices.timeZone), ticker, explainer };

const preferences: Preferences = {
  language: choices.language,
  theme: choices.theme,
  setLanguage(language: Language) {
    preferences.language = language;
    remember('language', language);
    page = { ...page, locale: makeLocale(language, choices.timeZone) };
    dress();
    askFrame();
  },
  setTheme(theme: Theme) {
    preferences.theme = theme;
    remember('theme', theme);
    dress();
    askFrame();
  },
};

function dress(): void {
  const { documentElement } = document;
  documentElement.lang = preferences.language;
  documentElement.dataset.theme = preferences.theme;
  document.title = `${page.locale.text.title} · Floorcast`;
}

function draw(): void {
  frameAsked = false;
  const view = store.view();
  connection.subscribe(store.topics());
  render(h(App, { page, view, preferences, find: (topic) => store.find(topic) }), root);
}

const connection = new Connection(new URL('/ws', location.href.replace(/^http/, 'ws')).href, {
  opened: () => store.opened(),
  lost: () => store.lost(),
  message: (message) => store.apply(message),
});

dress();
everySecond(
  () => store.clock.nowMs() ?? Date.now(),
  () => {
    store.second();
    ticker.tick();
    askFrame();
  },
);
connection.subscribe(store.topics());
connection.open();
window.addEventListener('online', () => connection.retryNow());
