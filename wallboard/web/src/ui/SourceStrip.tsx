// Sources of events that went quiet, lost some, or have a wrong clock: named, because the numbers they feed may be incomplete.
import type { Alert, Source } from '../model/items';
import { usePage } from './context';
import { LevelShape } from './shapes';
import { alertTitle } from './words';

function isSkewedAlone(source: Source): boolean {
  return source.state === 'up' && source.skewed === true;
}

export function SourceStrip({ sources }: { sources: Source[] }) {
  const { text, format } = usePage().locale;
  if (sources.length === 0) return null;
  const effect = sources.every(isSkewedAlone) ? text.source.effectSkew : sources.length === 1 ? text.source.effect : text.source.effectMany;
  return (
    <p class="sources" role="status">
      <LevelShape level={1} />
      <span>
        {sources.map(sentence).join(text.join)} — {effect}
      </span>
    </p>
  );

  function sentence(source: Source): string {
    const time = (us: number | null | undefined) => (us == null ? text.dash : format.time(us / 1000));
    if (source.state === 'silent') return text.source.silent(source.src, time(source.heard_us ?? source.since_us));
    if (source.state === 'down') return text.source.down(source.src, time(source.since_us));
    if (isSkewedAlone(source)) {
      const off = format.duration(Math.abs(source.skew_ms ?? 0));
      return (source.skew_ms ?? 0) > 0 ? text.source.ahead(source.src, off) : text.source.behind(source.src, off);
    }
    if (source.gap_reason) return text.source.gapWhy(source.src, time(source.gap_us), source.gap_reason);
    return text.source.gap(source.src, time(source.gap_us));
  }
}

// AlertStrip -- the newest alert by name, the others counted: beside the numbers, never over them.
export function AlertStrip({ alerts }: { alerts: Alert[] }) {
  const { locale, explainer } = usePage();
  const { text, format } = locale;
  const worst = alerts.find(({ level, acked_by }) => level === 'alert' && !acked_by) ?? alerts[0];
  if (worst === undefined) return null;
  const level = worst.level === 'alert' ? 2 : 1;
  const words = [`${text.level[level]}: ${alertTitle(worst, locale, explainer.catalogue)}`];
  if (alerts.length > 1) words.push(text.alerts.more(format.count(alerts.length - 1)));
  return (
    <p class={`firing level-${level}`} role="status">
      <LevelShape level={level} />
      <span>{words.join(text.join)}</span>
    </p>
  );
}
