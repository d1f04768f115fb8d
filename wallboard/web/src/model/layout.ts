// Where everything goes. A wall is looked at, not scrolled: the board is filled exactly, whatever its size and whatever
// the number of queues and agents. All arrangements worth considering are tried (a few thousand, once per resize) and
// the one whose figures come out largest wins. Lengths are CSS pixels; `rem` scales with the screen.

export interface Screen {
  width: number; // of the board, without its margins
  height: number;
  screenHeight: number; // of the whole screen: main digits must be at least 1/25 of it
  rem: number;
  flow: boolean; // too small for a wall (FLOW_QUERY)
}

export interface Layout {
  flow: boolean; // a phone: everything below each other, scrolled
  side: 'right' | 'below'; // of the agents
  tileColumns: number;
  tileRows: number;
  tilesPerPage: number;
  em: number; // font size of a tile
  tileWidth: number; // in em
  tileHeight: number;
  agentColumns: number;
  agentRows: number;
  agentsPerPage: number;
  agentEm: number;
  agentsExtent: number; // pixels: width when right, height when below
}

export const GAP_REM = 0.75;
export const TITLE_REM = 1.75; // a section's heading, with its distance
export const TILE_EM = { width: 17.75, height: 13.6 }; // the least a tile's figures need
export const ROOMY_EM = { width: 21, height: 18.2 }; // what they need with their details and a line of their own for the trend
export const AGENT_EM = { width: 13, height: 2.9 };
const MAIN_DIGITS_EM = 3.5; // font size of a tile's main number
const MAIN_DIGITS_SHARE = 1 / 25;
const EM_REM_MAX = 3;
const EM_REM_ENOUGH = 1.5; // larger than this is welcome, but nothing else should give way for it
const AGENT_EM_REM_ENOUGH = 1.125;
const AGENTS_STEP = 5; // planned for in steps, so that one more agent rarely moves everything
const AGENT_EM_REM = [0.875, 1, 1.125, 1.25];
export const FLOW_QUERY = '(max-width: 752px), (max-height: 520px)'; // as in phone.css

export function planLayout(screen: Screen, queues: number, agents: number): Layout {
  if (screen.flow) return flowLayout(screen, queues, agents);
  const tiles = Math.max(1, queues);
  const heads = AGENTS_STEP * Math.ceil(agents / AGENTS_STEP);
  for (let pages = 1; ; pages++) {
    const perPage = Math.ceil(tiles / pages);
    const best = bestOf(candidates(screen, perPage, heads), screen, heads);
    if (best) return best;
  }
}

function readable(layout: Layout, screen: Screen): boolean {
  return layout.em * MAIN_DIGITS_EM >= screen.screenHeight * MAIN_DIGITS_SHARE;
}

function flowLayout(screen: Screen, queues: number, agents: number): Layout {
  return {
    flow: true,
    side: 'below',
    tileColumns: 1,
    tileRows: queues,
    tilesPerPage: Math.max(1, queues),
    em: Math.min(screen.rem, screen.width / TILE_EM.width),
    tileWidth: TILE_EM.width,
    tileHeight: TILE_EM.height,
    agentColumns: 1,
    agentRows: agents,
    agentsPerPage: Math.max(1, agents),
    agentEm: screen.rem,
    agentsExtent: 0,
  };
}

function* candidates(screen: Screen, perPage: number, agents: number): Generator<Layout> {
  for (let columns = 1; columns <= perPage; columns++) {
    const rows = Math.ceil(perPage / columns);
    if (agents === 0) {
      yield withTiles(screen, columns, rows, noAgents());
      continue;
    }
    for (const agentRem of AGENT_EM_REM) {
      for (let lines = 1; lines <= 24; lines++) {
        for (const side of ['right', 'below'] as const) {
          const area = agentArea(screen, side, lines, agentRem * screen.rem);
          if (area !== null) yield withTiles(screen, columns, rows, area);
        }
      }
    }
  }
}

type AgentArea = Pick<Layout, 'side' | 'agentColumns' | 'agentRows' | 'agentsPerPage' | 'agentEm' | 'agentsExtent'>;

function noAgents(): AgentArea {
  return { side: 'right', agentColumns: 0, agentRows: 0, agentsPerPage: 1, agentEm: 16, agentsExtent: 0 };
}

// agentArea -- `lines` columns at the right, or rows below; null when that leaves the tiles too little.
function agentArea(screen: Screen, side: 'right' | 'below', lines: number, em: number): AgentArea | null {
  const gap = GAP_REM * screen.rem;
  const cell = { width: AGENT_EM.width * em + gap, height: AGENT_EM.height * em };
  const right = side === 'right';
  const title = TITLE_REM * screen.rem;
  const columns = right ? lines : Math.floor((screen.width + gap) / cell.width);
  const rows = right ? Math.floor((screen.height - title) / cell.height) : lines;
  const extent = right ? columns * cell.width - gap : rows * cell.height + title;
  if (rows < 1 || columns < 1 || extent > (right ? 0.45 * screen.width : 0.6 * screen.height)) return null;
  return { side, agentColumns: columns, agentRows: rows, agentsPerPage: rows * columns, agentEm: em, agentsExtent: extent };
}

function withTiles(screen: Screen, columns: number, rows: number, area: AgentArea): Layout {
  const gap = GAP_REM * screen.rem;
  const taken = area.agentsExtent > 0 ? area.agentsExtent + 2 * gap : 0;
  const width = screen.width - (area.side === 'right' ? taken : 0);
  const height = screen.height - (area.side === 'below' ? taken : 0) - TITLE_REM * screen.rem;
  const tileWidth = (width - (columns - 1) * gap) / columns;
  const tileHeight = (height - (rows - 1) * gap) / rows;
  const em = emFor(tileWidth, tileHeight, screen.rem);
  return {
    flow: false,
    tileColumns: columns,
    tileRows: rows,
    tilesPerPage: columns * rows,
    em,
    tileWidth: tileWidth / em,
    tileHeight: tileHeight / em,
    ...area,
  };
}

// emFor -- as large as fits; but once figures are large enough, more room goes to more detail first.
function emFor(width: number, height: number, rem: number): number {
  const tight = Math.min(width / TILE_EM.width, height / TILE_EM.height, EM_REM_ENOUGH * rem);
  const roomy = Math.min(width / ROOMY_EM.width, height / ROOMY_EM.height, EM_REM_MAX * rem);
  return Math.max(tight, roomy);
}

function bestOf(layouts: Iterable<Layout>, screen: Screen, agents: number): Layout | null {
  let best: Layout | null = null;
  let bestScore = 0;
  for (const layout of layouts) {
    const score = layout.em > 0 && (layout.tilesPerPage === 1 || readable(layout, screen)) ? scoreOf(layout, screen, agents) : 0;
    if (score > bestScore) {
      best = layout;
      bestScore = score;
    }
  }
  return best;
}

// scoreOf -- large figures first; then that all agents are seen at once, in letters of a good size; then that what is
// left over went to the tiles.
function scoreOf(layout: Layout, screen: Screen, agents: number): number {
  const figures = Math.min(1, layout.em / (EM_REM_ENOUGH * screen.rem));
  const seen = agents === 0 ? 1 : Math.min(1, layout.agentsPerPage / agents);
  const letters = Math.min(1, layout.agentEm / (AGENT_EM_REM_ENOUGH * screen.rem));
  const room = layout.tileWidth * layout.tileHeight * layout.em ** 2;
  return figures ** 0.8 * seen ** 0.6 * letters * room ** 0.02;
}

export interface Page {
  from: number;
  to: number;
}

// pagesOf -- as few pages as it takes, equally full.
export function pagesOf(count: number, perPage: number): Page[] {
  const pages = Math.ceil(count / perPage);
  const size = Math.ceil(count / pages);
  return Array.from({ length: pages }, (_, i) => ({ from: i * size, to: Math.min(count, (i + 1) * size) }));
}
