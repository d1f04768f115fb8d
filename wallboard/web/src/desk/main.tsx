// Wires the supervisor's page: choices, address, live state, screen. Nothing here decides anything.
import { h, render } from 'preact';
import { makeLocale, type Language } from '../i18n';
import { deskMessages } from '../i18n/desk';
import { askServer, Catalogue } from '../model/kpis';
import { Connection } from '../net/connection';
import type { KpiItem } from '../model/items';
import type { Page } from '../ui/context';
import { Explainer } from '../ui/explain';
import { readChoices, remember, themeFor, type Preferences, type Theme } from '../ui/preferences';
import { everySecond, Ticker } from '../ui/ticker';
import { Calendar } from './model/calendar';
import { Live } from './model/live';
import { parseRoute, searchOf, type Route } from './model/route';
import { makeShow } from './model/show';
import { App } from './ui/App';
import type { Desk } from './ui/context';
import './style/desk.css';

const DRAWN_EVERY_MS = 100; // at most: nobody reads faster, and a thousand rows are put in order each time
const RELOAD_SPREAD_MS = 5_000; // a new build: not every supervisor at the same instant
const CATALOGUE_EVERY_MS = 5_000;

const choices = readChoices(location.search);
const root = document.getElementById('root')!;
const calendar = new Calendar(choices.timeZone);

let drawnMs = -DRAWN_EVERY_MS;
let asked = false;
function askFrame(): void {
  if (asked) return;
  asked = true;
  window.setTimeout(() => requestAnimationFrame(draw), Math.max(0, drawnMs + DRAWN_EVERY_MS - performance.now()));
}

const live = new Live(() => performance.now(), askFrame, () => void window.setTimeout(() => location.reload(), Math.random() * RELOAD_SPREAD_MS));
const ticker = new Ticker(
  () => live.pulse.nowMs(),
  () => live.pulse.clock.nowMs() ?? Date.now(),
);
const catalogue = new Catalogue(askServer, askFrame);
const explainer = new Explainer(catalogue, askFrame);
const items = new Map<string, KpiItem>(); // of ranges, which come by no subscription: what is shown now
let route = parseRoute(location.search);
let page: Page;
let desk: Omit<Desk, 'route' | 'kpis'>;

const preferences: Preferences = {
  language: choices.language,
  theme: themeFor(choices.theme, 'dark'),
  setLanguage(language: Language) {
    preferences.language = language;
    remember('language', language);
    forget('lang');
  },
  setTheme(theme: Theme) {
    preferences.theme = theme;
    remember('theme', theme);
    forget('theme');
  },
};

// forget -- what was just chosen by hand is no longer said by the address.
function forget(key: string): void {
  const url = new URL(location.href);
  url.searchParams.delete(key);
  history.replaceState(null, '', url);
  dress();
  askFrame();
}

function dress(): void {
  const { documentElement } = document;
  const words = deskMessages[preferences.language];
  const locale = makeLocale(preferences.language, choices.timeZone);
  documentElement.lang = preferences.language;
  documentElement.dataset.theme = preferences.theme;
  page = { locale, ticker, explainer, dress: preferences.theme };
  const show = makeShow(locale, () => calendar.startOfDay(ticker.clockMs()), choices.timeZone);
  desk = { words, live, calendar, show, theme: preferences.theme, go, items, href: (to) => searchOf(to, location.search) };
}

function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  const href = searchOf(to, location.search);
  if (href === location.pathname + location.search) return;
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  arrive();
}

function arrive(): void {
  route = parseRoute(location.search);
  explainer.hide();
  drawnMs = -DRAWN_EVERY_MS; // what somebody has asked for is drawn at once
  askFrame();
}

function titleOf({ view, at }: Route): string {
  const { words } = desk;
  const section = view === 'queue' || view === 'group' || view === 'agent' ? `${at.name ?? ''} · ${words.kind[view]}` : words.heading[view];
  return `${section} · Floorcast`;
}

function draw(): void {
  asked = false;
  drawnMs = performance.now();
  document.title = titleOf(route);
  const find = (topic: string) => live.find(topic) ?? items.get(topic) ?? null;
  render(h(App, { page, desk: { ...desk, route, kpis: catalogue.all() }, preferences, find }), root);
  connection.subscribe(live.topics());
}

const connection = new Connection(new URL('/ws', location.href.replace(/^http/, 'ws')).href, {
  opened: () => live.opened(),
  lost: () => live.lost(),
  message: (message) => live.apply(message),
});

dress();
draw();
everySecond(
  () => ticker.clockMs(),
  () => {
    live.second();
    ticker.tick();
    askFrame();
  },
);
void catalogue.want();
window.setInterval(() => void catalogue.want(), CATALOGUE_EVERY_MS);
connection.open();
window.addEventListener('online', () => connection.retryNow());
window.addEventListener('popstate', arrive);
