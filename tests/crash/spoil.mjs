// The harness must be able to fail: accepted events of which one is forgotten, or one is there a second time.
import { randomFrom } from './harness.mjs';

/** `how`: undefined, `drop` or `twice`. A contact that is offered twice under two names is what counting it twice looks like. */
export function spoilt(lines, how, seed) {
  if (!how) return lines;
  const offers = lines.flatMap((line, i) => (line.includes('"kind":"offered"') ? [i] : []));
  const chosen = offers[randomFrom(seed)(offers.length)];
  if (how === 'drop') return lines.filter((line) => line !== lines[chosen] && !sameEvent(line, lines[chosen]));
  if (how === 'twice') return [...lines, lines[chosen].replace(/"contact":"/, '"contact":"again-')];
  throw new Error(`FC_CRASH_SPOIL=${how}: expected drop or twice`);
}

/** The load itself tells some events twice: an event is forgotten when both are. */
function sameEvent(a, b) {
  const plain = (line) => line.replace(/"src":"[^"]*","seq":\d+,/, '');
  return plain(a) === plain(b);
}
