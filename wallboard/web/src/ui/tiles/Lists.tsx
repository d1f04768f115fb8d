// Tiles that are lists: callers who hung up, alerts, who leads by a number.
import { inner, planRows, type Rows } from '../../model/layout';
import type { Alert, Contact } from '../../model/items';
import { unitOf } from '../../model/figure';
import type { Rank } from '../../model/ranks';
import type { TileView } from '../../model/tiles';
import { usePage } from '../context';
import { Figure } from '../explain';
import { LevelShape, Shape } from '../shapes';
import { Since } from '../Since';
import { alertTitle, limitWritten, windowWord, written } from '../words';
import { Empty, Frame, useAbsence, useHead, type Head, type TileProps } from './Frame';

interface Listing {
  head: Head;
  plan: Rows;
}

const LINES_OF_TWO = 1.6; // an entry of a line and its small print, in lines

function useListing({ view, box }: TileProps, count: number, linesEach: number, beside: string[] = []): Listing {
  const { text, format } = usePage().locale;
  const wall = { ...box.screen, flow: false }; // on a phone too a list shows its head, not all of itself
  const plan = planRows(inner(box, 1).height / linesEach, wall, Math.min(count, view.tile.limit ?? count), linesEach === 1 ? 1.75 : 1.5);
  const perPage = Math.min(plan.perPage, view.tile.limit ?? Infinity);
  const rest = count - perPage;
  const words = linesEach === 1 ? beside : [count > 0 ? format.count(count) : '', rest > 0 ? text.board.more(format.count(rest)) : ''].filter((word) => word !== '');
  const head = useHead({ view, box }, words);
  return { head: { ...head, lines: 1 }, plan: { ...plan, perPage, rowHeight: plan.rowHeight * linesEach } };
}

export function AbandonedTile({ view, box }: TileProps) {
  const { text } = usePage().locale;
  const { head, plan } = useListing({ view, box }, view.contacts.length, LINES_OF_TWO);
  const absence = useAbsence(view);
  return (
    <Frame view={view} box={box} head={head} class="list">
      {view.contacts.length === 0 ? (
        <Empty words={absence ?? text.abandonedList.none} />
      ) : (
        <ul class="lines callers" style={{ fontSize: `${plan.em}px` }}>
          {view.contacts.slice(0, plan.perPage).map((contact) => (
            <Caller key={contact.contact} contact={contact} height={plan.rowHeight} queue={view.tile.queue === undefined} />
          ))}
        </ul>
      )}
    </Frame>
  );
}

function Caller({ contact, height, queue }: { contact: Contact; height: number; queue: boolean }) {
  const { text, format } = usePage().locale;
  const { returned_us: returned, wait_ms: wait, over_us: over } = contact;
  const notes = [queue ? contact.queue : '', wait === null ? '' : text.abandonedList.waited(format.clock(wait))].filter((note) => note !== '');
  return (
    <li class={returned === null ? '' : 'done'} style={{ height: `${height}px` }}>
      <span class="time digits">{over === null ? text.dash : format.time(over / 1000)}</span>
      <span class="label">{customerShown(contact.customer) ?? text.abandonedList.unknown}</span>
      {returned !== null ? (
        <span class="note returned">
          <Shape name="returned">
            <path d="M6.3 13.2.9 7.8l2-2 3.4 3.4 6.8-6.8 2 2z" fill="currentColor" />
          </Shape>
          {text.abandonedList.returned(format.time(returned / 1000))}
        </span>
      ) : (
        <span class="note">{notes.join(text.join)}</span>
      )}
    </li>
  );
}

// customerShown -- a masked number as it came; of a keyed hash only the end, enough to tell one caller from another.
function customerShown(customer: string | null): string | null {
  return customer !== null && /^[0-9a-f]{12,}$/i.test(customer) ? `••• ${customer.slice(-4)}` : customer || null;
}

export function AlertsTile({ view, box }: TileProps) {
  const { text } = usePage().locale;
  const { head, plan } = useListing({ view, box }, view.alerts.length, LINES_OF_TWO);
  const absence = useAbsence(view);
  return (
    <Frame view={view} box={box} head={head} class="list">
      {view.alerts.length === 0 ? (
        <div class="empty calm">
          <LevelShape level={0} />
          <p>{absence === '' ? '' : text.alerts.none}</p>
        </div>
      ) : (
        <ul class="lines alerts" style={{ fontSize: `${plan.em}px` }}>
          {view.alerts.slice(0, plan.perPage).map((alert) => (
            <AlertLine key={alert.id} alert={alert} height={plan.rowHeight} />
          ))}
        </ul>
      )}
    </Frame>
  );
}

function AlertLine({ alert, height }: { alert: Alert; height: number }) {
  const { locale, explainer } = usePage();
  const { text } = locale;
  const level = alert.level === 'alert' ? 2 : 1;
  const unit = unitOf(alert.kpi);
  const value = alert.value === null ? text.dash : limitWritten(alert.value, unit, locale);
  const notes = [text.alerts[alert.op](value, limitWritten(alert.limit, unit, locale))];
  if (alert.acked_by) notes.push(text.alerts.acked(alert.acked_by));
  return (
    <li style={{ height: `${height}px` }} class={alert.acked_by ? 'done' : ''}>
      <span class={`at-${level}`} aria-label={text.level[level]}>
        <LevelShape level={level} />
      </span>
      <span class="label">{alertTitle(alert, locale, explainer.catalogue)}</span>
      <span class="time digits">
        <Since us={alert.since_us} />
      </span>
      <span class="note">
        <b class={`at-${level}`}>{text.level[level]}</b> {notes.join(text.join)}
      </span>
    </li>
  );
}

export function TopTile({ view, box }: TileProps) {
  const { locale } = usePage();
  const { head, plan } = useListing({ view, box }, view.ranks.length, 1, [windowWord(view.tile, locale)]);
  const absence = useAbsence(view);
  const most = Math.max(...view.ranks.map(({ figure }) => Math.abs(figure.value ?? 0)), Number.MIN_VALUE);
  return (
    <Frame view={view} box={box} head={head} class="list">
      {view.ranks.length === 0 ? (
        <Empty words={absence ?? locale.text.board.nothing} />
      ) : (
        <ol class="lines ranks" style={{ fontSize: `${plan.em}px` }}>
          {view.ranks.slice(0, plan.perPage).map((rank, i) => (
            <RankLine key={rank.name} view={view} rank={rank} place={i + 1} share={Math.abs(rank.figure.value ?? 0) / most} height={plan.rowHeight} />
          ))}
        </ol>
      )}
    </Frame>
  );
}

function RankLine({ view, rank, place, share, height }: { view: TileView; rank: Rank; place: number; share: number; height: number }) {
  const { locale } = usePage();
  return (
    <li style={{ height: `${height}px` }}>
      <span class="rank">{locale.format.count(place)}</span>
      <span class="label" title={rank.label}>
        {rank.label}
      </span>
      <Figure kpi={view.tile.kpi} item={rank.topic === '' ? null : rank} class="amount">
        <b class="digits">{written(rank.figure, locale)}</b>
      </Figure>
      <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="4" />
        <rect class="value" width={100 * share} height="4" />
      </svg>
    </li>
  );
}
