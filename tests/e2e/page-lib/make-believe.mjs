// The page's server for tests of the page alone: the built pages and a make-believe floor. Any server that gives the same
// handles can take its place:
//   url                                       where it listens
//   item(topic)                               the state that it last sent, for comparison
//   freeze()                                  no more changes of state; signs of life go on
//   stopFeed() startFeed()                    the aggregator falls silent, speaks again
//   clients()                                 how many are connected
//   rebuild()                                 from now on it says that it holds other pages
//   cut() refuse() accept()                   all connections break; new ones are refused; are taken again
//   putBoard(document)                        a board is saved, displays that show it are told
//   stop()
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bin } from '../lib/system.mjs';

const web = (path) => new URL(`../../../wallboard/web/${path}`, import.meta.url);
const built = [process.env.FC_BIN && `${process.env.FC_BIN}/web`, fileURLToPath(web('dist'))].find((dir) => dir && existsSync(`${dir}/display.html`));

export const whyNoPages = built ? null : 'the pages are not built (npm run build in wallboard/web, or a build with FC_WEB=ON)';

export async function startMakeBelieve({ queues = 12, agents = 40, seed = 1, ...more } = {}) {
  const { startFake } = await import(web('dev/fake-server.mjs').href);
  const fake = await startFake({ web: built, bin, queues, agents, seed, warmUpMs: 3600_000, ...more });
  return {
    url: fake.url,
    floor: fake.floor,
    item: (topic) => fake.floor.item(topic),
    freeze: () => void (fake.frozen = true),
    stopFeed: () => void (fake.feed = false),
    startFeed: () => void (fake.feed = true),
    clients: () => fake.topicsOf.size,
    cut: () => fake.cut(),
    refuse: () => void (fake.refusing = true),
    accept: () => void (fake.refusing = false),
    rebuild: () => void (fake.build = 'build-2'),
    putBoard: (board, id) => fake.putBoard(board, id),
    stop: () => fake.close(),
  };
}
