// Tiles of one number: alone, against a goal, on a gauge.
import { amountAt } from '../../model/figure';
import { inner, LINE_EM, MAIN_DIGITS_SHARE, type Box } from '../../model/layout';
import type { TileView } from '../../model/tiles';
import { AgentStates, StatesBar } from '../AgentStates';
import { usePage } from '../context';
import { Figure } from '../explain';
import { bold, fontFor } from '../measure';
import { Bar, Digits } from '../numbers';
import { Since } from '../Since';
import { limitWritten, windowWord, written } from '../words';
import { isMoment } from '../../model/figure';
import { Frame, Notes, useAbsence, useHead, type TileProps } from './Frame';

const USUAL_DIGITS = '88.8%'; // tiles beside each other have digits of one size, unless a number is longer
const BAR_EM = 1.1;

interface Parts {
  digits: string;
  fontSize: number;
  notes: string[];
  body: { width: number; height: number };
}

// partsOf -- the largest digits that fit; where they would be too small to read from afar, the small print gives way.
function partsOf(digits: string, notes: string[], box: Box, headLines: number, taken: number): Parts {
  const body = inner(box, headLines);
  const longest = bold.em(digits) > bold.em(USUAL_DIGITS) ? digits : USUAL_DIGITS;
  const size = (height: number) => fontFor(longest, body.width, height / 1.08);
  const withNotes = size(body.height - taken - LINE_EM * box.em);
  const enough = withNotes >= box.screen.screenHeight * MAIN_DIGITS_SHARE || box.screen.flow;
  return { digits, fontSize: enough ? withNotes : size(body.height - taken), notes: enough ? notes : [], body };
}

function useDigits(view: TileView): string {
  const { locale } = usePage();
  return view.figure.unit === 'instant' ? (view.figure.value === null ? locale.text.dash : '88:88') : written(view.figure, locale);
}

function useNotes({ tile, figure, item }: TileView): string[] {
  const { locale } = usePage();
  const { text, format } = locale;
  const notes = [isMoment(tile.kpi) ? '' : windowWord(tile, locale)];
  const goal = goalOf(tile.goal, tile.kpi, item?.goal);
  if (figure.n !== null) notes.push(text.tile.n(format.count(figure.n)));
  if (goal !== null) notes.push(text.tile.goal(limitWritten(goal, figure.unit, locale)));
  if (figure.lo !== null && figure.hi !== null) notes.push(text.tile.interval(format.percent(figure.lo), format.percent(figure.hi)));
  return notes;
}

function goalOf(goal: number | undefined, kpi: string, configured: number | undefined): number | null {
  if (goal !== undefined) return goal;
  return kpi === 'service_level' && configured !== undefined && configured > 0 ? configured : null;
}

function Main({ view, parts }: { view: TileView; parts: Parts }) {
  const { figure, level } = view;
  return (
    <span class="value" style={{ fontSize: `${parts.fontSize}px` }}>
      {figure.unit === 'instant' ? (
        <b class={`digits main at-${level}`}>
          <Since us={figure.value} />
        </b>
      ) : (
        <Digits class={`main at-${level}`} text={parts.digits} />
      )}
    </span>
  );
}

export function NumberTile({ view, box }: TileProps) {
  const head = useHead({ view, box });
  const absence = useAbsence(view);
  const digits = useDigits(view);
  const notes = useNotes(view);
  if (view.tile.kpi === 'agents') return <AgentsNumber view={view} box={box} />;
  const parts = partsOf(digits, absence ? [absence] : notes, box, head.lines, 0);
  return (
    <Frame view={view} box={box} head={head}>
      <Figure kpi={view.tile.kpi} item={view.item} class="number">
        <Main view={view} parts={parts} />
        <Notes notes={parts.notes} box={box} />
      </Figure>
    </Frame>
  );
}

export function GoalTile({ view, box }: TileProps) {
  const head = useHead({ view, box });
  const absence = useAbsence(view);
  const digits = useDigits(view);
  const notes = useNotes(view);
  const { tile, figure, item } = view;
  const goal = goalOf(tile.goal, tile.kpi, item?.goal);
  const parts = partsOf(digits, absence ? [absence] : notes, box, head.lines, BAR_EM * box.em);
  const most = scaleOf(view, goal);
  const share = (value: number | null) => (value === null ? null : value / most);
  return (
    <Frame view={view} box={box} head={head}>
      <Figure kpi={tile.kpi} item={item} class="number">
        <Main view={view} parts={parts} />
        <Bar value={share(useAmount(view))} lo={share(figure.lo)} hi={share(figure.hi)} goal={share(goal)} level={view.level} />
        <Notes notes={parts.notes} box={box} />
      </Figure>
    </Frame>
  );
}

function useAmount(view: TileView): number | null {
  return amountAt(view.figure, usePage().ticker.nowMs());
}

// scaleOf -- where a bar or gauge ends: shares at 1, all else somewhat beyond what matters.
function scaleOf({ figure, tile }: TileView, goal: number | null): number {
  const limits = [goal, tile.warning, tile.alert].filter((limit): limit is number => typeof limit === 'number');
  if (figure.unit === 'ratio') return limits.length > 0 && Math.max(...limits) < 0.3 ? roundUp(Math.max(...limits, figure.value ?? 0) * 1.6) : 1;
  if (figure.unit === 'points') return figure.value !== null && figure.value > 5 ? 30 : 5;
  return roundUp(Math.max(...limits.map((limit) => limit * 1.5), figure.unit === 'instant' ? 0 : (figure.value ?? 0), 1));
}

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * power >= value) ?? 10) * power;
}

const RADIUS = 84;
const THICK = 22;

// arc -- of a half ring of radius 84 around (100, 100), between two shares of it.
function arc(from: number, to: number): string {
  const point = (share: number) => {
    const angle = Math.PI * (1 - Math.min(1, Math.max(0, share)));
    return `${(100 + RADIUS * Math.cos(angle)).toFixed(2)} ${(100 - RADIUS * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${RADIUS} ${RADIUS} 0 0 1 ${point(to)}`;
}

export function GaugeTile({ view, box }: TileProps) {
  const head = useHead({ view, box });
  const absence = useAbsence(view);
  const digits = useDigits(view);
  const notes = useNotes(view);
  const { tile, item } = view;
  const goal = goalOf(tile.goal, tile.kpi, item?.goal);
  const most = scaleOf(view, goal);
  const amount = useAmount(view);
  const parts = partsOf(digits, absence ? [absence] : notes, box, head.lines, 0);
  const room = parts.body.height - (parts.notes.length > 0 ? LINE_EM * box.em : 0);
  const width = Math.max(8, Math.min(parts.body.width, (room / 112) * 200));
  const fontSize = fontFor(bold.em(parts.digits) > bold.em(USUAL_DIGITS) ? parts.digits : USUAL_DIGITS, width * 0.6, width * 0.3);
  const marks = [tile.warning, tile.alert, goal].filter((mark): mark is number => typeof mark === 'number' && mark < most);
  return (
    <Frame view={view} box={box} head={head}>
      <Figure kpi={tile.kpi} item={item} class="number gauge">
        <span class="dial" style={{ width: `${width}px`, height: `${(width * 112) / 200}px` }}>
          <svg viewBox="0 0 200 112" class={`at-${view.level}`} aria-hidden="true">
            <path class="track" d={arc(0, 1)} stroke-width={THICK} />
            {amount !== null && amount > 0 && <path class="value" d={arc(0, amount / most)} stroke-width={THICK} />}
            {marks.map((mark) => (
              <path key={mark} class="mark" d={arc(mark / most - 0.004, mark / most + 0.004)} stroke-width={THICK + 10} />
            ))}
          </svg>
          <Main view={view} parts={{ ...parts, fontSize }} />
        </span>
        <Notes notes={parts.notes} box={box} />
      </Figure>
    </Frame>
  );
}

// AgentsNumber -- who is signed in, by state: a count alone would not say whether anybody is free.
function AgentsNumber({ view, box }: TileProps) {
  const head = useHead({ view, box });
  const absence = useAbsence(view);
  const { item } = view;
  const digits = useDigits(view);
  const { width, height } = inner(box, head.lines);
  const STATES_LINE_EM = 9; // of one state with its word
  const lines = Math.ceil(7 / Math.max(1, Math.floor(width / (STATES_LINE_EM * box.em))));
  const taken = (lines * LINE_EM + 1) * box.em;
  const fontSize = fontFor(USUAL_DIGITS, width, (height - taken) / 1.08);
  const enough = fontSize >= box.screen.screenHeight * MAIN_DIGITS_SHARE;
  return (
    <Frame view={view} box={box} head={head} class="of-agents">
      <Figure kpi="agents" item={item} class="number">
        {(enough || item === null) && <Main view={view} parts={{ digits, fontSize, notes: [], body: { width, height } }} />}
        {item && <StatesBar item={item} />}
        {item && <AgentStates item={item} words offline />}
        {absence && <Notes notes={[absence]} box={box} />}
      </Figure>
    </Frame>
  );
}
