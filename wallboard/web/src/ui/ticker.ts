// Seconds that count on the screen. Each ticking text writes its own text node, once a second and only when it changed:
// a floor of 200 agents costs 200 string comparisons a second and no render.

export type Compute = () => string;

interface Hand {
  text: Text;
  shown: string;
  compute: Compute;
}

export class Ticker {
  private readonly hands = new Set<Hand>();

  constructor(
    readonly nowMs: () => number | null, // what waits are counted against; stands still while the data is not good
    readonly clockMs: () => number, // the time of day, which never stands still
  ) {}

  // add -- returns what takes it away again.
  add(node: HTMLElement, compute: Compute): () => void {
    const text = node.ownerDocument.createTextNode('');
    node.replaceChildren(text);
    const hand = { text, shown: '', compute };
    this.hands.add(hand);
    show(hand);
    return () => void this.hands.delete(hand);
  }

  tick(): void {
    for (const hand of this.hands) show(hand);
  }

  get size(): number {
    return this.hands.size;
  }
}

function show(hand: Hand): void {
  const text = hand.compute();
  if (hand.shown === text) return;
  hand.shown = text;
  hand.text.data = text;
}

// everySecond -- calls back just after each full second of `nowMs`, so that all displays of a floor turn together.
export function everySecond(nowMs: () => number, callback: () => void): void {
  const again = () => {
    callback();
    window.setTimeout(again, 1000 - (nowMs() % 1000) + 5);
  };
  again();
}
