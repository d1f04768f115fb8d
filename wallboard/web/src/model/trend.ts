// The last twenty minutes of one number, collected in the page. Fixed size, so a display that runs for a year holds
// as much as one that runs for an hour. Each sample is the peak of its five seconds: a short queue is still seen.

export const STEP_MS = 5_000;
export const SAMPLES = 240;

export class Trend {
  readonly times: number[] = []; // seconds, start of each step, rising
  readonly values: (number | null)[] = []; // null where the data was stale or cut off
  version = 0; // rises with every visible change
  private step = -1;

  // add -- at `nowMs` the number was `value`.
  add(value: number | null, nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS);
    if (step < this.step) this.clear(); // the clock went back: what was collected no longer lies in the past
    if (step !== this.step) this.begin(step, value);
    else this.raise(value);
  }

  peak(): number {
    return this.values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  }

  private begin(step: number, value: number | null): void {
    this.step = step;
    this.times.push((step * STEP_MS) / 1000);
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
    if (value === null || (before !== null && value <= before)) return;
    this.values[last] = value;
    this.version++;
  }

  private clear(): void {
    this.times.length = 0;
    this.values.length = 0;
    this.step = -1;
  }
}
