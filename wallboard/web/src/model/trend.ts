// A stretch of one number's past, collected in the page on top of what the server stored. Fixed size, so a display that
// runs for a year holds as much as one that runs for an hour.

export const STEP_MS = 5_000;
export const SAMPLES = 240;

export class Trend {
  readonly times: number[] = []; // seconds, start of each step, rising
  readonly values: (number | null)[] = []; // null where the data was stale or cut off
  version = 0; // rises with every visible change
  private step = -1;

  // `keep`: a step shows the peak of its time, so that a short queue is still seen, or the last that was said.
  constructor(
    readonly stepMs = STEP_MS,
    private readonly keep: 'peak' | 'last' = 'peak',
  ) {}

  // add -- at `nowMs` the number was `value`.
  add(value: number | null, nowMs: number): void {
    const step = Math.floor(nowMs / this.stepMs);
    if (step < this.step) this.clear(); // the clock went back: what was collected no longer lies in the past
    if (step !== this.step) this.begin(step, value);
    else this.raise(value);
  }

  // past -- what the server has stored, put before what was collected here.
  past(times: number[], values: (number | null)[]): void {
    const first = this.times[0] ?? Infinity;
    const count = times.filter((time) => time < first).length;
    const room = Math.min(count, SAMPLES - this.times.length);
    this.times.unshift(...times.slice(count - room, count));
    this.values.unshift(...values.slice(count - room, count));
    this.version++;
  }

  peak(): number {
    return this.values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  }

  private begin(step: number, value: number | null): void {
    this.step = step;
    this.times.push((step * this.stepMs) / 1000);
    this.values.push(value);
    if (this.times.length > SAMPLES) {
      this.times.shift();
      this.values.shift();
    }
    this.version++;
  }

  private raise(value: number | null): void {
    const last = this.values.length - 1;
    const before = this.values[last] ?? null;
    if (value === null || value === before || (this.keep === 'peak' && before !== null && value < before)) return;
    this.values[last] = value;
    this.version++;
  }

  private clear(): void {
    this.times.length = 0;
    this.values.length = 0;
    this.step = -1;
  }
}
