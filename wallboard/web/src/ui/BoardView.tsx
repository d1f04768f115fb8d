// The grid of tiles. The page is measured when its size changes and never else: where tiles lie and how large their
// letters are is worked out from that.
import type { ComponentType } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Board, Tile } from '../model/board';
import type { Phase } from '../model/freshness';
import { boxesOf, FLOW_QUERY, type Box, type Screen } from '../model/layout';
import type { TileView } from '../model/tiles';
import { usePage } from './context';
import { memo } from './memo';
import { AgentsTile } from './tiles/Agents';
import { GaugeTile, GoalTile, NumberTile } from './tiles/Figures';
import { Empty, Frame, useHead, type TileProps } from './tiles/Frame';
import { AbandonedTile, AlertsTile, TopTile } from './tiles/Lists';
import { CausesTile, RaterTile } from './tiles/Quality';
import { QueuesTile } from './tiles/Queues';
import { TrendTile } from './tiles/Trend';
import { ClockTile, TextTile } from './tiles/Words';

// One more kind of tile: a component here, and what it needs in model/topics and model/tiles.
export const COMPONENTS: Record<Tile['kind'], ComponentType<TileProps>> = {
  number: NumberTile,
  goal: GoalTile,
  gauge: GaugeTile,
  trend: TrendTile,
  queues: QueuesTile,
  agents: AgentsTile,
  abandoned: AbandonedTile,
  top: TopTile,
  causes: CausesTile,
  rater: RaterTile,
  text: TextTile,
  clock: ClockTile,
  alerts: AlertsTile,
  unknown: UnknownTile,
};

interface Props {
  board: Board;
  tiles: TileView[];
  phase: Phase;
}

export function BoardView({ board, tiles, phase }: Props) {
  const node = useRef<HTMLElement>(null);
  const screen = useScreen(node);
  const boxes = useMemo(() => screen && boxesOf(board, screen), [board, screen]);
  const order = useMemo(() => tiles.map((_, i) => i).sort((a, b) => reading(board.tiles[a]!, board.tiles[b]!)), [board, tiles.length]);
  return (
    <main ref={node} class={`board phase-${phase}`}>
      {boxes && order.map((i) => (tiles[i] && boxes[i] ? <Placed key={`${board.id}/${tiles[i]!.tile.id}`} view={tiles[i]!} box={boxes[i]!} /> : null))}
    </main>
  );
}

// reading -- line by line: the order below each other on a phone, and of the keyboard.
const reading = (a: Tile, b: Tile) => a.y - b.y || a.x - b.x;

const OWN_HEIGHT = ['queues', 'agents']; // on a phone as high as what they list

const Placed = memo(function Placed({ view, box }: { view: TileView; box: Box }) {
  usePage(); // another language or theme draws anew
  const Kind = COMPONENTS[view.tile.kind];
  const grows = box.screen.flow && OWN_HEIGHT.includes(view.tile.kind);
  const place = box.screen.flow
    ? { fontSize: `${box.em}px`, ...(grows ? {} : { height: `${box.height}px` }) }
    : { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px`, fontSize: `${box.em}px` };
  return (
    <section class="place" style={place}>
      <Kind view={view} box={box} />
    </section>
  );
});

function UnknownTile({ view, box }: TileProps) {
  const head = useHead({ view, box });
  return (
    <Frame view={view} box={box} head={head}>
      <Empty words={usePage().locale.text.board.kind} />
    </Frame>
  );
}

// useScreen -- the size that there is, measured again whenever it changes.
function useScreen(node: { current: HTMLElement | null }): Screen | null {
  const [screen, setScreen] = useState<Screen | null>(null);
  useLayoutEffect(() => {
    const element = node.current!;
    const measure = () => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const flow = window.matchMedia(FLOW_QUERY).matches;
      const height = flow ? 0 : element.clientHeight; // of no interest then, and it follows the content
      const next = { width: element.clientWidth, height, screenHeight: window.innerHeight, rem, flow };
      setScreen((before) => (before && same(before, next) ? before : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return screen;
}

function same(a: Screen, b: Screen): boolean {
  return a.width === b.width && a.height === b.height && a.screenHeight === b.screenHeight && a.rem === b.rem && a.flow === b.flow;
}
