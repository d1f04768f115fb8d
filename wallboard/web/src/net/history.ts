// Asks the server for the past of lines, one question after the other; again later where it has no answer.
import type { Line, Point, Question } from '../model/lines';

const AGAIN_MS = 15_000;

function addressOf({ kpi, owner, fromMs, toMs, stepMs }: Question): string {
  const asked = new URLSearchParams({ kpi, from: String(fromMs * 1000), to: String(toMs * 1000), step: String(stepMs * 1000) });
  if (owner.scope !== 'all') asked.set(owner.scope, owner.name);
  if (owner.channel !== undefined && owner.scope !== 'agent') asked.set('channel', owner.channel);
  return `/api/v1/history?${asked}`;
}

export class Histories {
  private busy = false;
  private notBeforeMs = 0;

  constructor(private readonly changed: () => void) {}

  // want -- the past of the first of these that was not asked for yet.
  async want(lines: Line[], nowMs: number): Promise<void> {
    const line = lines.find(({ asked }) => !asked);
    if (line === undefined || this.busy || performance.now() < this.notBeforeMs) return;
    const question = line.question(nowMs);
    line.asked = true;
    if (question === null) return this.want(lines, nowMs);
    this.busy = true;
    try {
      const response = await fetch(addressOf(question));
      if (response.ok) line.answer(((await response.json()) as { points: Point[] }).points);
      else if (response.status >= 500) this.later(line);
      this.changed();
    } catch {
      this.later(line);
    } finally {
      this.busy = false;
    }
  }

  private later(line: Line): void {
    line.asked = false;
    this.notBeforeMs = performance.now() + AGAIN_MS;
  }
}
