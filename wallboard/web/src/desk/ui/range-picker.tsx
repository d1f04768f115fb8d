// Which stretch of time a view is about: presets, or own bounds in the page's time zone.
import { useMemo, useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { ownRange, PRESETS, readRange, type Preset, type Range } from '../model/range';
import { withAt } from '../model/route';
import { useDesk } from './context';
import { Segments } from './parts';

const QUARTER_MS = 15 * 60_000;

// useRange -- as the address says. Today grows by a quarter of an hour at a time.
export function useRange(usual: Exclude<Preset, 'own'> = 'today'): Range & { preset: Preset; text: string } {
  const { route, calendar, show, words } = useDesk();
  const { ticker } = usePage();
  const quarter = Math.ceil(ticker.clockMs() / QUARTER_MS) * QUARTER_MS;
  const { range, from, to } = route.at;
  return useMemo(() => {
    const found = readRange({ ...(range === undefined ? {} : { range }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }, quarter, calendar, usual);
    const text = found.preset === 'own' ? `${show.stamp(found.fromMs)} – ${show.stamp(found.toMs)}` : words.range[found.preset];
    return { ...found, text };
  }, [range, from, to, quarter, calendar, show, words, usual]);
}

export function RangePicker({ usual = 'today' }: { usual?: Exclude<Preset, 'own'> }) {
  const { words, route, go } = useDesk();
  const range = useRange(usual);
  const choose = (preset: Preset) => {
    if (preset === 'own') go(withAt(route, ownRange(range)));
    else go(withAt(route, { range: preset === usual ? '' : preset, from: '', to: '' }));
  };
  return (
    <>
      <Segments label={words.range.label} value={range.preset} options={PRESETS.map((key) => ({ key, text: words.range[key] }))} onChange={choose} />
      {range.preset === 'own' && <OwnRange key={`${range.fromMs}-${range.toMs}`} range={range} />}
    </>
  );
}

function OwnRange({ range }: { range: Range }) {
  const { words, route, go, calendar } = useDesk();
  const { ticker, locale } = usePage();
  const [from, setFrom] = useState(calendar.local(range.fromMs));
  const [to, setTo] = useState(calendar.local(range.toMs));
  const [wrong, setWrong] = useState(false);
  const apply = (event: Event) => {
    event.preventDefault();
    const [fromMs, toMs] = [calendar.fromLocal(from), calendar.fromLocal(to)];
    const good = fromMs !== null && toMs !== null && toMs > fromMs;
    setWrong(!good);
    if (good) go(withAt(route, ownRange({ fromMs, toMs })));
  };
  return (
    <form class="own-range" onSubmit={apply}>
      <label class="field">
        <span>{words.range.from}</span>
        <input type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{words.range.to}</span>
        <input type="datetime-local" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        {words.range.apply}
      </button>
      <small>{words.range.zone(locale.format.zone(ticker.clockMs()))}</small>
      {wrong && (
        <small class="at-2" role="alert">
          {words.range.wrong}
        </small>
      )}
    </form>
  );
}
