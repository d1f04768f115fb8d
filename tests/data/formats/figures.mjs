// The figures that every fixture must lead to, as the HTTP interface tells them: what a run of the programs adds of its own is left out.
import { pathToFileURL } from 'node:url';

const RANGE = 'from=1772438400000000&to=1772442000000000';
const ASKED = ['window=day', 'window=day&scope=agent', RANGE];
const OWN = new Set(['ver', 'at_us', 'sources_lost']);

const sorted = (items) => items.map((item) => Object.fromEntries(Object.entries(item).filter(([key]) => !OWN.has(key)).sort(([a], [b]) => (a < b ? -1 : 1))))
  .sort((a, b) => (`${a.scope} ${a.name} ${a.channel}` < `${b.scope} ${b.name} ${b.channel}` ? -1 : 1));

/** {question: items} of the wallboard at `origin`. */
export async function figures(origin) {
  const all = {};
  for (const asked of ASKED) {
    const reply = await fetch(`${origin}/api/v1/kpi?${asked}`);
    if (reply.status !== 200) throw new Error(`${asked}: ${reply.status} ${await reply.text()}`);
    all[asked] = sorted((await reply.json()).items);
  }
  return all;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = Object.entries(await figures(process.argv[2])).map(([asked, items]) => `${JSON.stringify(asked)}: [\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`);
  console.log(`{\n${lines.join(',\n')}\n}`);
}
