// Which sources of events are to be named on a screen.
import type { Source } from './items';

const GIVEN_UP_MS = 24 * 3600_000; // a source that was taken away is not missed for ever
const GAP_SHOWN_MS = 15 * 60_000; // as long as the shortest window holds what the gap hid

// sourcesToName -- those not up, with a recent gap, or with a wrong clock.
export function sourcesToName(sources: readonly Source[], nowMs: number): Source[] {
  const givenUp = (source: Source) => nowMs - (source.since_us ?? 0) / 1000 > GIVEN_UP_MS;
  return sources.filter((source) => (source.state !== 'up' && !givenUp(source)) || source.skewed || nowMs - (source.gap_us ?? 0) / 1000 < GAP_SHOWN_MS);
}
