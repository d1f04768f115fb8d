// The top line: where one is, whether the numbers can be trusted, what time it is. When they cannot, the whole line
// becomes a banner that says why, in the same place and height, so that nothing on the wall moves.
import { useEffect, useRef } from 'preact/hooks';
import { LANGUAGES } from '../i18n';
import type { Freshness } from '../model/freshness';
import type { Alert, Source } from '../model/items';
import { usePage } from './context';
import type { Preferences, Theme } from './preferences';
import { PhaseShape } from './shapes';
import { AlertStrip, SourceStrip } from './SourceStrip';

const FRESH_MS = 2_000; // below this the age is not counted out: a number flipping each second would be noise

interface Props {
  freshness: Freshness;
  title: string;
  sources: Source[];
  alerts: Alert[];
  soundBlocked: boolean;
  preferences: Preferences;
  zoneAtMs: number;
}

export function Header({ freshness, title, sources, alerts, soundBlocked, preferences, zoneAtMs }: Props) {
  const { text, format } = usePage().locale;
  const { phase } = freshness;
  const alarm = phase === 'stale' || phase === 'cut';
  return (
    <header class={`top phase-${phase}`}>
      {alarm ? <Alarm freshness={freshness} /> : <h1>{title || text.title}</h1>}
      {!alarm && <AlertStrip alerts={alerts} />}
      {!alarm && <SourceStrip sources={sources} />}
      {!alarm && soundBlocked && <p class="hint">{text.board.soundBlocked}</p>}
      <p class="connection" role="status">
        <PhaseShape phase={phase} />
        <b>{word(freshness)}</b>
        <span>{age(freshness)}</span>
      </p>
      <p class="clock" title={text.clockIn(format.zone(zoneAtMs))}>
        <Clock />
        <small>{format.zone(zoneAtMs)}</small>
      </p>
      <Switches preferences={preferences} />
    </header>
  );

  function word({ phase: now }: Freshness): string {
    return { loading: text.connecting, live: text.live, stale: text.stale, cut: text.cut }[now];
  }

  function age({ ageMs }: Freshness): string {
    if (ageMs === null) return '';
    return ageMs < FRESH_MS ? text.dataUnder(format.duration(FRESH_MS)) : text.dataAge(format.duration(ageMs));
  }
}

function Alarm({ freshness }: { freshness: Freshness }) {
  const { text, format } = usePage().locale;
  const age = freshness.ageMs === null ? text.dash : format.duration(freshness.ageMs);
  const { culprit } = freshness;
  const words = culprit === null || culprit === 'network' ? text.banner.network : text.banner[culprit](culprit === 'disk' ? format.time(freshness.sinceMs!) : age);
  return (
    <div class="alarm" role="alert">
      <PhaseShape phase={freshness.phase} />
      {words}
    </div>
  );
}

function Clock() {
  const { ticker, locale } = usePage();
  const node = useRef<HTMLTimeElement>(null);
  useEffect(() => ticker.add(node.current!, () => locale.format.timeOfDay(ticker.clockMs())), [ticker, locale]);
  return <time class="digits" ref={node} />;
}

function Switches({ preferences }: { preferences: Preferences }) {
  const { text, language } = usePage().locale;
  const next = LANGUAGES.find((one) => one !== language)!;
  const theme: Theme = preferences.theme === 'dark' ? 'light' : 'dark';
  return (
    <nav class="switches">
      <button type="button" lang={next} aria-label={`${text.language.label}: ${text.language.other}`} onClick={() => preferences.setLanguage(next)}>
        {text.language.other}
      </button>
      <button
        type="button"
        aria-label={theme === 'dark' ? text.theme.toDark : text.theme.toLight}
        onClick={() => preferences.setTheme(theme)}
      >
        {text.theme[theme]}
      </button>
    </nav>
  );
}
