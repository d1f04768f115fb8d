// How long to wait before the n-th try to reconnect. A whole floor of displays loses a restarting server at the same
// moment: the random half keeps them from coming back at the same moment too.

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

export function backoffMs(tries: number, random: () => number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
  return full / 2 + (full / 2) * random();
}
