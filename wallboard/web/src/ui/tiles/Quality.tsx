// Tiles about quality: where trouble came from, beside what a rule of thumb expects; and how five sides of the service
// were rated.
import { inner } from '../../model/layout';
import { figureOf } from '../../model/figure';
import { usePage } from '../context';
import { Figure } from '../explain';
import { bold } from '../measure';
import { Frame, Notes, useAbsence, useHead, type TileProps } from './Frame';
import { kpiName, windowWord } from '../words';

const CAUSES = ['frontline', 'process', 'support'] as const;
const REFERENCE = { frontline: 0.1, process: 0.3, support: 0.6 };

export function CausesTile({ view, box }: TileProps) {
  const { locale } = usePage();
  const { text, format } = locale;
  const head = useHead({ view, box }, [windowWord(view.tile, locale)]);
  const absence = useAbsence(view);
  const counts = CAUSES.map((cause) => view.item?.causes?.[cause] ?? 0);
  const n = counts.reduce((sum, count) => sum + count, 0);
  const shares = n === 0 ? null : CAUSES.map((_, i) => counts[i]! / n);
  const em = Math.max(box.em, Math.min(2 * box.em, inner(box, head.lines).height / 8.2, inner(box, 0).width / 15));
  return (
    <Frame view={view} box={box} head={head}>
      <Figure kpi="causes" item={view.item} class="causes">
        <span class="bars" style={{ fontSize: `${em}px` }}>
          <Stack label={text.causes.found} shares={shares} />
          <Stack label={text.causes.reference} shares={CAUSES.map((cause) => REFERENCE[cause])} reference />
          <span class="legend">
            {CAUSES.map((cause, i) => (
              <span key={cause} class={`cause-${i}`}>
                <i class="swatch" />
                {text.part[cause]} <b>{format.count(counts[i]!)}</b>
              </span>
            ))}
          </span>
        </span>
        <Notes notes={absence ? [absence] : [text.tile.n(format.count(n))]} box={box} />
      </Figure>
    </Frame>
  );
}

function Stack({ label, shares, reference = false }: { label: string; shares: number[] | null; reference?: boolean }) {
  const { text, format } = usePage().locale;
  return (
    <span class={`stack ${reference ? 'reference' : ''}`}>
      <small>{label}</small>
      <span class="parts">
        {shares === null ? (
          <span class="nothing">{text.dash}</span>
        ) : (
          shares.map((share, i) =>
            share === 0 ? null : (
              <span key={i} class={`cause-${i}`} style={{ flexGrow: share }}>
                {share >= 0.09 && format.percent(share)}
              </span>
            ),
          )
        )}
      </span>
    </span>
  );
}

const SIDES = ['reliability', 'assurance', 'tangibles', 'empathy', 'responsiveness'] as const;
const POINTS_MAX = 5;

export function RaterTile({ view, box }: TileProps) {
  const { locale, explainer } = usePage();
  const { text, format } = locale;
  const head = useHead({ view, box }, [windowWord(view.tile, locale)]);
  const absence = useAbsence(view);
  const { width, height } = inner(box, head.lines + 1);
  const names = SIDES.map((side) => text.part[side] ?? side);
  const longest = Math.max(...names.map((name) => bold.em(name)));
  const em = Math.max(0.6 * box.em, Math.min(2.2 * box.em, height / 9, width / (longest + 10)));
  const n = view.item?.rater?.n ?? 0;
  return (
    <Frame view={view} box={box} head={head}>
      <Figure kpi="rater" item={view.item} class="rater">
        <span class="sides" style={{ fontSize: `${em}px` }} aria-label={kpiName('rater', locale, explainer.catalogue)}>
          {SIDES.map((side, i) => {
            const { value } = figureOf(view.item, `rater.${side}`);
            return (
              <span key={side} class="side">
                <span style={{ width: `${longest + 0.6}em` }}>{names[i]}</span>
                <svg viewBox="0 0 500 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="track" y="2" width="500" height="6" />
                  {value !== null && <rect class="value" y="2" width={(500 * value) / POINTS_MAX} height="6" />}
                  {[1, 2, 3, 4].map((point) => (
                    <rect key={point} class="tick" x={point * 100 - 1} y="2" width="2" height="6" />
                  ))}
                </svg>
                <b class="digits">{value === null ? text.dash : format.points(value)}</b>
              </span>
            );
          })}
        </span>
        <Notes notes={absence ? [absence] : [text.rater.scale, text.tile.n(format.count(n))]} box={box} />
      </Figure>
    </Frame>
  );
}
