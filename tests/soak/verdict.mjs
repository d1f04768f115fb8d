// Flat, or growing? The first third is warm-up. Then the highest of the last third must not stand above the highest of the
// middle third by more than a twentieth and a small allowance, which is what one value more or less, or one page, makes.
const ALLOWANCE = { anon_kib: 2048, disk_kib: 4096, fds: 2, threads: 0, heap_kib: 512, nodes: 200, listeners: 50 };

const highest = (samples, part, key) => Math.max(...samples.map((sample) => sample[part][key]));

export function judge(samples) {
  if (samples.length < 6) return [`only ${samples.length} samples, expected 6 or more`];
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const grown = [];
  for (const part of Object.keys(samples[0]).filter((name) => name !== 'at')) {
    for (const key of Object.keys(samples[0][part]).filter((name) => name in ALLOWANCE)) {
      const [before, after] = [highest(middle, part, key), highest(last, part, key)];
      if (after > before * 1.05 + ALLOWANCE[key]) grown.push(`${part} ${key} grew: at most ${before} in the middle third, ${after} in the last`);
    }
  }
  return grown;
}

export function printTable(samples, unit) {
  const columns = Object.keys(samples[0]).filter((name) => name !== 'at').flatMap((part) => Object.keys(samples[0][part]).map((key) => [part, key]));
  console.log([unit, ...columns.map(([part, key]) => `${part}.${key}`)].join('\t'));
  const step = Math.max(1, Math.ceil(samples.length / 24));
  for (const [i, sample] of samples.entries()) {
    if (i % step !== 0 && i !== samples.length - 1) continue;
    console.log([sample.at.toFixed(1), ...columns.map(([part, key]) => sample[part][key])].join('\t'));
  }
}
