// A clock elsewhere, as seen from here. A display's own clock may be hours off, so the time of day is the server's, and
// every counting second is measured against the aggregator's, which is what stamped the state. Both are carried forward
// by the browser's monotonic time.

const STEP_MS = 2_000; // further off than this is a step of that clock, not a slow network
const LEAK_MS = 1; // given up per sample, so that a drifting quartz is followed

export class RemoteClock {
  private offsetMs: number | null = null;

  constructor(private readonly monotonicMs: () => number) {}

  // sample -- a message has arrived that was sent at that clock's `nowUs`. Delay only ever makes an offset smaller, so the
  // largest of late is the truest.
  sample(nowUs: number): void {
    const seen = nowUs / 1000 - this.monotonicMs();
    if (this.offsetMs === null || Math.abs(seen - this.offsetMs) > STEP_MS) this.offsetMs = seen;
    else this.offsetMs = Math.max(seen, this.offsetMs - LEAK_MS);
  }

  // nowMs -- milliseconds since the epoch; null until it was heard once.
  nowMs(): number | null {
    return this.offsetMs === null ? null : this.offsetMs + this.monotonicMs();
  }
}
