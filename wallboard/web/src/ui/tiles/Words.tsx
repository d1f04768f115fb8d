// Tiles without numbers of the floor: an announcement, the time somewhere.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { makeFormat } from '../../i18n/format';
import { textIn } from '../../model/board';
import { inner, LINE_EM } from '../../model/layout';
import { usePage } from '../context';
import { bold, fontFor, linesFor } from '../measure';
import { Frame, useHead, type TileProps } from './Frame';

const LINE_HEIGHT = 1.2;

// textSize -- the largest letters in which the whole text fits, in lines or words of its own.
function textSize(text: string, width: number, height: number, least: number): number {
  let size = height / LINE_HEIGHT;
  while (size > least) {
    const lines = text.split('\n').reduce((sum, line) => sum + linesFor(line, width, size), 0);
    const widest = Math.max(...text.split(/[\s\u2e80-\uffff]+/).map((word) => bold.em(word) * size));
    if (lines * LINE_HEIGHT * size <= height && widest <= width) break;
    size *= 0.94;
  }
  return size;
}

export function TextTile({ view, box }: TileProps) {
  const { language } = usePage().locale;
  const head = useHead({ view, box });
  const text = textIn(view.tile.text ?? '', language);
  const { width, height } = inner(box, head.lines);
  const size = useMemo(() => Math.min(textSize(text, width, height, 0.5 * box.em), box.screen.screenHeight / 8), [text, width, height, box]);
  return (
    <Frame view={view} box={box} head={head} class="words">
      <p class="announcement" style={{ fontSize: `${size}px` }}>
        {text}
      </p>
    </Frame>
  );
}

function validZone(zone: string | undefined): string | undefined {
  try {
    if (zone !== undefined) new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

export function ClockTile({ view, box }: TileProps) {
  const { ticker, locale } = usePage();
  const head = useHead({ view, box });
  const node = useRef<HTMLTimeElement>(null);
  const zone = validZone(view.tile.zone);
  const format = useMemo(() => (zone === undefined ? locale.format : makeFormat(locale.language, zone)), [zone, locale]);
  const { seconds } = view.tile;
  useEffect(() => ticker.add(node.current!, () => (seconds ? format.timeOfDay(ticker.clockMs()) : format.time(ticker.clockMs()))), [ticker, format, seconds]);
  const { width, height } = inner(box, head.lines);
  const small = height > 5 * box.em;
  const size = fontFor(seconds ? '88:88:88' : '88:88', width, (height - (small ? LINE_EM * box.em : 0)) / 1.08);
  const now = ticker.clockMs();
  return (
    <Frame view={view} box={box} head={head} class="words">
      <p class="time-of-day">
        <time class="digits main" ref={node} style={{ fontSize: `${size}px` }} />
      </p>
      {small && (
        <p class="notes">
          <small>{[format.date(now), format.zone(now)].join(' · ')}</small>
        </p>
      )}
    </Frame>
  );
}
