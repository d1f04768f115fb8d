// One queue: how many wait, how long, and whether its service level holds. Size decides how much is told (data-room):
// everything that is left off is still in the explanation of its number.
import type { QueueView } from '../../model/queues';
import type { KpiItem, LostSource } from '../../model/items';
import { OK, worst, type Level, type Levels } from '../../model/status';
import { AgentStates } from '../AgentStates';
import { usePage } from '../context';
import { Figure } from '../explain';
import { memo } from '../memo';
import { Bar, Counted, Digits, Percent } from '../numbers';
import { LevelShape } from '../shapes';
import { Since } from '../Since';
import { Sparkline } from '../Sparkline';
import { Chip } from './Frame';

interface Props {
  queue: QueueView;
  room: 'small' | 'medium' | 'wide';
  span: number | undefined; // tracks of the grid; undefined: it flows
}

export const QueueCard = memo(function QueueCard({ queue, room, span }: Props) {
  const { text, format } = usePage().locale;
  const lost = queue.main?.sources_lost ?? [];
  const level = lost.length > 0 ? OK : worst(queue.levels); // what is not known to be so alarms nobody
  const item = queue.main;
  const caption = text.tile.trend(format.count(queue.trend.peak()));
  return (
    <article class={`card level-${level} ${queue.old ? 'old' : ''} ${lost.length > 0 ? 'lost' : ''}`} data-queue={queue.name} data-room={room} style={span === undefined ? undefined : { gridColumn: `span ${span}` }}>
      <header>
        <h3 title={queue.name}>{queue.name}</h3>
        {lost.length > 0 ? (
          <Chip level={1} word={text.tile.lost(format.time(Math.min(...lost.map(({ since_us }) => since_us)) / 1000))} why={lost.map(sentence).join(text.join)} />
        ) : (
          <Chip level={level} word={text.level[level]} />
        )}
      </header>
      {item && (
        <Figure kpi="waiting" item={item} class="waiting">
          <Digits class="main" text={format.count(item.waiting)} />
          <small>{text.tile.waiting}</small>
        </Figure>
      )}
      <Sparkline trend={queue.trend} version={queue.trendVersion} caption={caption} />
      {item && <LongestWait item={item} level={queue.levels.wait} />}
      {item && <Service item={item} other={queue.other} levels={queue.levels} />}
      {item && (
        <Figure kpi="agents" item={item} class="agents">
          <AgentStates item={item} words={room === 'wide'} offline={false} />
        </Figure>
      )}
    </article>
  );

  function sentence({ src, state, since_us }: LostSource): string {
    return text.source[state](src, format.time(since_us / 1000));
  }
});

export function LongestWait({ item, level }: { item: KpiItem; level: Level }) {
  const { text } = usePage().locale;
  const shown = item.waiting > 0 ? level : OK; // a level may outlast the wait that raised it; a dash has none
  return (
    <Figure kpi="longest_wait_since_us" item={item} class="longest">
      <b class={`digits at-${shown}`}>
        {shown !== OK && <LevelShape level={shown} />}
        <Since us={item.waiting > 0 ? item.longest_wait_since_us : null} />
      </b>
      <small>{text.tile.longestWait}</small>
    </Figure>
  );
}

function Service({ item, other, levels }: { item: KpiItem; other: KpiItem | null; levels: Levels }) {
  const { text, format } = usePage().locale;
  const ratio = item.service_level;
  const label = [text.tile.serviceLevel];
  if (item.goal > 0) label.push(text.tile.goal(format.percent(item.goal)));
  return (
    <div class="outcome">
      <Figure kpi="service_level" item={item} class="service">
        <span class="value">
          <Percent ratio={ratio} level={levels.service} />
          <Counted ratio={ratio} />
        </span>
        <Bar value={ratio?.value ?? null} lo={ratio?.lo ?? null} hi={ratio?.hi ?? null} goal={item.goal} level={levels.service} />
        <small>{label.join(text.join)}</small>
      </Figure>
      <Figure kpi="abandon_rate" item={item} class="abandon">
        <span class="value">
          <Percent ratio={item.abandon_rate} fine />
          <Counted ratio={item.abandon_rate} />
        </span>
        <small>{text.tile.abandoned}</small>
      </Figure>
      <small class="detail">{detailOf(item, other)}</small>
    </div>
  );

  function detailOf(shown: KpiItem, second: KpiItem | null): string {
    const parts = [text.tile.within(format.duration(shown.threshold_ms))];
    const { lo = null, hi = null } = shown.service_level ?? {};
    if (lo !== null && hi !== null) parts.push(text.tile.interval(format.percent(lo), format.percent(hi)));
    const value = second?.service_level?.value ?? null;
    if (second) parts.push(text.tile.other(text.window[second.window], value === null ? text.dash : format.percent(value)));
    return parts.join(text.join);
  }
}
