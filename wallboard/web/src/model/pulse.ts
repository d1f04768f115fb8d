// The signs of life of a page's server and aggregator, and the time they tell: how far numbers can be trusted, and which
// instant waits are counted against. Knows nothing of topics.
import type { Hello, Tick } from '../net/protocol';
import { RemoteClock } from './clock';
import { judge, type Freshness, type Signs } from './freshness';

const ANOTHER_TIME_MS = 60_000;
const FEED_UP_MS = 2_000;

export class Pulse {
  readonly clock: RemoteClock; // the server's time of day
  private readonly engine: RemoteClock; // the aggregator's, which waits and states are measured against
  private replay = false; // the aggregator lives in another time than the server: it replays a recording
  private signs: Signs;
  private frozenMs: number | null = null; // engine time of the last moment the data was good
  private build: string | null = null;

  constructor(
    private readonly monotonicMs: () => number,
    private readonly rebuilt: () => void, // the server now serves another build of this page
  ) {
    this.clock = new RemoteClock(monotonicMs);
    this.engine = new RemoteClock(monotonicMs);
    this.signs = { connected: false, complete: false, lostAtMs: monotonicMs(), serverHeardMs: null, stall: null, data: null };
  }

  lost(): void {
    this.signs.connected = false;
    this.signs.lostAtMs ??= this.monotonicMs();
  }

  // completed -- something to show has arrived.
  completed(): void {
    this.signs.complete = true;
  }

  hello(hello: Hello): void {
    this.signs.connected = true;
    this.signs.lostAtMs = null;
    this.heard(hello, 'unknown');
    const build = `${hello.version} ${hello.build}`;
    if (this.build !== null && this.build !== build) this.rebuilt();
    this.build = build;
  }

  tick(tick: Tick): void {
    const { stall, stall_us: us, now_us } = tick;
    const ageMs = (now_us - (us ?? 0)) / 1000;
    this.signs.stall = stall === 'full' && us ? { sinceMs: us / 1000, ageMs: Math.max(0, ageMs), heardMs: this.monotonicMs() } : null;
    this.heard(tick, tick.feed);
  }

  // nowMs -- the time that seconds are counted against: stands still while the data is not good, because a wait that
  // goes on counting looks alive.
  nowMs(): number | null {
    if (this.freshness().phase === 'live') this.frozenMs = this.engine.nowMs();
    return this.frozenMs;
  }

  engineMs(): number | null {
    return this.engine.nowMs();
  }

  // goodMs -- the last such time that was asked for: when the data was last seen to be good.
  get goodMs(): number | null {
    return this.frozenMs;
  }

  freshness(): Freshness {
    return judge(this.signs, this.monotonicMs());
  }

  // heard -- a sign of life from the server, and what it says of the aggregator's. The data's age is told by the server's
  // own watch, so it holds where clocks disagree or are set, and where the aggregator replays a recording and lives in
  // another time altogether. A server that does not tell it: "up" means a heartbeat within FEED_UP_MS.
  private heard(sign: Hello | Tick, feed: Tick['feed'] | 'unknown'): void {
    const now = this.monotonicMs();
    const lagMs = (sign.now_us - sign.at_us) / 1000;
    const far = Math.abs(lagMs) > ANOTHER_TIME_MS;
    this.clock.sample(sign.now_us);
    this.signs.serverHeardMs = now;
    if (sign.at_us === 0) return; // what was known of the data's age still holds
    this.signs.why = feed === 'down' && 'why' in sign ? sign.why : null;
    const told = 'age_ms' in sign && sign.age_ms !== undefined && sign.age_ms >= 0 ? sign.age_ms : null;
    if (told !== null) {
      if (feed === 'up') {
        this.replay = far;
        this.engine.sample(sign.at_us);
      }
      this.signs.data = { ageMs: told, heardMs: now };
    } else if (feed === 'up') {
      this.replay = far;
      this.engine.sample(sign.at_us);
      this.signs.data = { ageMs: far ? 0 : Math.min(FEED_UP_MS, Math.max(0, lagMs)), heardMs: now };
    } else if (feed === 'unknown' ? !far : !this.replay) {
      if (Math.abs(lagMs) < FEED_UP_MS) this.engine.sample(sign.at_us);
      this.signs.data = { ageMs: Math.max(0, lagMs), heardMs: now };
    }
  }
}
