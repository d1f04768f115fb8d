// The frame of every view: where one can go, where one is, whether the numbers can be trusted, what time it is.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { LANGUAGES } from '../../i18n';
import type { Freshness } from '../../model/freshness';
import type { DeskMessages } from '../../i18n/desk.en';
import type { Agent, SourcesItem } from '../../model/items';
import { sourcesToName } from '../../model/sources';
import { usePage } from '../../ui/context';
import type { Preferences, Theme } from '../../ui/preferences';
import { LevelShape, PhaseShape } from '../../ui/shapes';
import { SourceStrip } from '../../ui/SourceStrip';
import type { Live } from '../model/live';
import type { Route, ViewName } from '../model/route';
import type { Alert } from '../model/wire';
import { useDesk, useTopics } from './context';
import { Link } from './parts';

const FRESH_MS = 2_000; // below this the age is not counted out: a number flipping each second would be noise

export const SECTIONS = ['now', 'agents', 'history', 'lost', 'quality', 'alerts', 'boards'] as const;
type Section = (typeof SECTIONS)[number];

const ICONS: Record<Section, string> = {
  now: 'M2 13.5h3V7H2zm4.5 0h3V2.5h-3zm4.5 0h3V9h-3z',
  agents: 'M8 8.2A3.1 3.1 0 1 0 8 2a3.1 3.1 0 0 0 0 6.2zM2.2 14c0-3 2.6-4.6 5.8-4.6s5.8 1.6 5.8 4.6z',
  history: 'M1.5 13h13v1.5h-13zm.6-2.4 3.9-4.2 2.6 2.4 4.3-5.3 1.2 1-5.4 6.6-2.6-2.4-2.9 3.1z',
  lost: 'M3.2 2.2 6 2l1 3.2-1.7 1.2a8 8 0 0 0 4.1 4.1l1.3-1.7 3.2 1-.2 2.9c-.1.8-.7 1.3-1.5 1.3A10.4 10.4 0 0 1 1.9 3.7c0-.8.5-1.4 1.3-1.5zM9 2h5v5l-1.8-1.8-2.5 2.4-1-1 2.4-2.5z',
  quality: 'm8 1.6 2 4.1 4.5.7-3.3 3.1.8 4.5L8 11.9 4 14l.8-4.5L1.5 6.4 6 5.7z',
  alerts: 'M8 1.5c2.6 0 4.2 2 4.2 4.5v3.2l1.4 2.1H2.4l1.4-2.1V6C3.8 3.5 5.4 1.5 8 1.500zM6.3 12.500h3.400a1.7 1.7 0 0 1-3.4 0z',
  boards: 'M1.5 2.500h6v5h-6zm7.5 0h5.500v3H9zm0 4.500h5.500v6.500H9zm-7.5 2h6v4.500h-6z',
};

// sectionOf -- which section a drilled-down view belongs to.
function sectionOf(view: ViewName): Section {
  if (view === 'queue' || view === 'group') return 'now';
  return view === 'agent' ? 'agents' : view;
}

interface Props {
  preferences: Preferences;
  onHelp(): void;
  children: ComponentChildren;
}

export function Shell({ preferences, onHelp, children }: Props) {
  const { words, live, route } = useDesk();
  const { phase } = live.pulse.freshness();
  useTopics(['sources', 'alerts', 'queues', 'group/all/m15']);
  return (
    <>
      <a class="skip" href="#content">
        {words.skip}
      </a>
      <div class={`desk phase-${phase}`}>
        <Navigation />
        <div class="view">
          <Top preferences={preferences} onHelp={onHelp} />
          <Notices />
          <main id="content" tabIndex={-1} class={`content view-${route.view}`}>
            {children}
          </main>
        </div>
      </div>
    </>
  );
}

function Navigation() {
  const { words, route } = useDesk();
  const section = sectionOf(route.view);
  return (
    <nav class="side" aria-label={words.sections}>
      <p class="brand" aria-hidden="true">
        <svg class="shape" viewBox="0 0 16 16">
          <path d="M2 14V7h3v7zm4.5 0V2h3v12zm4.5 0V9h3v5z" fill="currentColor" />
        </svg>
        <span>Floorcast</span>
      </p>
      <ul>
        {SECTIONS.map((one) => (
          <li key={one}>
            <Link to={{ view: one, at: {} }} current={one === section}>
              <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
                <path d={ICONS[one]} fill="currentColor" />
              </svg>
              <span>{words.nav[one]}</span>
              {one === 'alerts' && <Badge />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Badge() {
  const { live, words } = useDesk();
  const { format } = usePage().locale;
  const firing = live.find<{ alerts?: Alert[] }>('alerts')?.alerts ?? [];
  const open = firing.filter((alert) => !alert.acked_by);
  if (open.length === 0) return null;
  const level = open.some((alert) => alert.level === 'alert') ? 2 : 1;
  return (
    <b class={`badge at-${level}`}>
      <LevelShape level={level} />
      <span aria-hidden="true">{format.count(open.length)}</span>
      <span class="hidden-label">{words.unacknowledged(format.count(open.length))}</span>
    </b>
  );
}

function Top({ preferences, onHelp }: { preferences: Preferences; onHelp(): void }) {
  const { live, words, route } = useDesk();
  const { locale, ticker } = usePage();
  const { text, format } = locale;
  const freshness = live.pulse.freshness();
  const section = sectionOf(route.view);
  const deep = section !== route.view;
  const name = nameOf(route, live, words);
  return (
    <header class="bar">
      <div class="where">
        {deep && (
          <Link to={{ view: section, at: {} }} class="crumb">
            {words.nav[section]}
          </Link>
        )}
        {deep && <span aria-hidden="true">/</span>}
        <h1 tabIndex={-1}>
          {deep ? (
            <>
              <small>{words.kind[route.view as 'queue' | 'group' | 'agent']}</small> {name}
            </>
          ) : (
            words.heading[section]
          )}
        </h1>
      </div>
      <p class={`fresh phase-${freshness.phase}`} role="status">
        <PhaseShape phase={freshness.phase} />
        <b>{{ loading: text.connecting, live: text.live, stale: text.stale, cut: text.cut }[freshness.phase]}</b>
        <span class="age">{ageText(freshness)}</span>
      </p>
      <p class="clock" title={text.clockIn(format.zone(ticker.clockMs()))}>
        <Clock />
        <small>{format.zone(ticker.clockMs())}</small>
      </p>
      <Switches preferences={preferences} onHelp={onHelp} />
    </header>
  );

  function ageText({ ageMs }: Freshness): string {
    if (ageMs === null) return '';
    return ageMs < FRESH_MS ? text.dataUnder(format.duration(FRESH_MS)) : text.dataAge(format.duration(ageMs));
  }
}

// nameOf -- what a queue, group or agent is called on the screen.
function nameOf({ view, at }: Route, live: Live, words: DeskMessages): string {
  if (view === 'group' && at.name === 'all') return words.kind.all;
  const agents = view === 'agent' ? live.find<{ agents: Agent[] }>('agents/all')?.agents : undefined;
  return agents?.find((agent) => agent.name === at.name)?.label || (at.name ?? '');
}

function Clock() {
  const { ticker, locale } = usePage();
  const node = useRef<HTMLTimeElement>(null);
  useEffect(() => ticker.add(node.current!, () => locale.format.timeOfDay(ticker.clockMs())), [ticker, locale]);
  return <time class="digits" ref={node} />;
}

function Switches({ preferences, onHelp }: { preferences: Preferences; onHelp(): void }) {
  const { text, language } = usePage().locale;
  const { words } = useDesk();
  const next = LANGUAGES.find((one) => one !== language)!;
  const theme: Theme = preferences.theme === 'dark' ? 'light' : 'dark';
  return (
    <div class="switches">
      <button type="button" lang={next} aria-label={`${text.language.label}: ${text.language.other}`} onClick={() => preferences.setLanguage(next)}>
        {text.language.other}
      </button>
      <button type="button" aria-label={theme === 'dark' ? text.theme.toDark : text.theme.toLight} onClick={() => preferences.setTheme(theme)}>
        {text.theme[theme]}
      </button>
      <button type="button" class="help" aria-label={words.shortcuts.open} aria-keyshortcuts="?" onClick={onHelp}>
        ?
      </button>
    </div>
  );
}

// Notices -- what stands between the numbers and trust in them: said above them, in words.
function Notices() {
  const { live } = useDesk();
  const { text, format } = usePage().locale;
  const freshness = live.pulse.freshness();
  if (freshness.phase === 'stale' || freshness.phase === 'cut') {
    return (
      <div class={`notice phase-${freshness.phase}`} role="alert">
        <PhaseShape phase={freshness.phase} />
        {sentence(freshness)}
      </div>
    );
  }
  return <SourceStrip sources={sourcesToName(live.find<SourcesItem>('sources')?.sources ?? [], live.pulse.goodMs ?? 0)} />;

  function sentence({ culprit, ageMs, sinceMs }: Freshness): string {
    if (culprit === null || culprit === 'network') return text.banner.network;
    return text.banner[culprit](culprit === 'disk' ? format.time(sinceMs!) : ageMs === null ? text.dash : format.duration(ageMs));
  }
}
