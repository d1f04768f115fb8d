// corpus -- writes the named inputs that nobody can write by hand: msgpack, and records in parts (fuzz.h).
// node tests/fuzz/corpus.mjs; text inputs (*.txt, *.json, *.yaml, *.query) are written by hand beside them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), 'corpus')

// --- msgpack, also the wrong kind ---

const raw = (...bytes) => Buffer.from(bytes)
const be = (n, v) => { const b = Buffer.alloc(n); b.writeUIntBE(v, 0, n); return b }
const cat = (...parts) => Buffer.concat(parts.map((p) => (Buffer.isBuffer(p) ? p : mp(p))))
const be8 = (v) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(v)); return b }
const i64 = (v) => { const b = Buffer.alloc(9, 0xd3); b.writeBigInt64BE(BigInt(v), 1); return b }
const u64 = (v) => { const b = Buffer.alloc(9, 0xcf); b.writeBigUInt64BE(BigInt(v), 1); return b }
const str = (s) => {
  const b = Buffer.from(s)
  return Buffer.concat([b.length < 32 ? raw(0xa0 | b.length) : b.length < 256 ? raw(0xd9, b.length) : Buffer.concat([raw(0xda), be(2, b.length)]), b])
}
const bin = (b) => Buffer.concat([b.length < 256 ? raw(0xc4, b.length) : Buffer.concat([raw(0xc5), be(2, b.length)]), b])
const arrayHead = (n) => (n < 16 ? raw(0x90 | n) : Buffer.concat([raw(0xdc), be(2, n)]))
const mapHead = (n) => (n < 16 ? raw(0x80 | n) : Buffer.concat([raw(0xde), be(2, n)]))
const array = (...items) => cat(arrayHead(items.length), ...items)
const map = (pairs) => cat(mapHead(pairs.length), ...pairs.flatMap(([k, v]) => [str(k), v]))
const f64 = (v) => { const b = Buffer.alloc(9, 0xcb); b.writeDoubleBE(v, 1); return b }
function mp(v) {
  if (Buffer.isBuffer(v)) return v
  if (v === null) return raw(0xc0)
  if (typeof v === 'boolean') return raw(v ? 0xc3 : 0xc2)
  if (typeof v === 'bigint') return i64(v)
  if (typeof v === 'number') return !Number.isInteger(v) ? f64(v) : v >= 0 && v < 128 ? raw(v) : v < 0 && v >= -32 ? raw(256 + v) : i64(v)
  if (typeof v === 'string') return str(v)
  if (Array.isArray(v)) return array(...v)
  return map(Object.entries(v))
}

// A part: kind, key, value, see fuzz_next in fuzz.h.
const part = (kind, key, value) => {
  const k = Buffer.from(key)
  return Buffer.concat([raw(kind, k.length), be(2, value.length), k, value])
}

const write = (target, inputs) => {
  mkdirSync(join(root, target), { recursive: true })
  for (const [name, bytes] of Object.entries(inputs)) writeFileSync(join(root, target, name + '.bin'), bytes)
}

const T = 1767258000000000n // 2026-01-01 09:00 UTC
const spool = '0123456789abcdef0123456789abcdef'
const bomb = (n, head = 0x91) => Buffer.concat([Buffer.alloc(n, head), raw(0xc0)])

// --- codec: events, link messages, msgpack itself ---

const event = (more) => map([['v', 1], ['kind', 'offered'], ['ts', T], ['contact', 'c1'], ['queue', 'sales'], ...more])
const batch = (first, count, events) => array(1, 'batch', spool, first, count, bin(events))
write('codec', {
  'event-offered': event([['customer', '4930123'], ['channel', 'chat'], ['priority', 3], ['root', 'r1'], ['topic', 'bill'], ['lang', 'de']]),
  'event-surveyed-all-keys': mp({ v: 1, kind: 'surveyed', ts: T, contact: 'c', customer: 'x', queue: 'q', agent: 'a', csat: 5, nps: 0, resolved: true, rater: [1, 2, 3, 4, 5], assess: [0, 1, 2, 3, 0, 1, 2, 3, 0, 1], src: 's', seq: 7, tenant: 't', site: 'b' }),
  'event-sequence-of-a-call': cat(event([]), mp({ v: 1, kind: 'answered', ts: T + 1n, contact: 'c1', queue: 'sales', agent: 'kim' }), mp({ v: 1, kind: 'ended', ts: T + 2n, contact: 'c1', by: 'customer' })),
  'event-left-unknown-reason': mp({ v: 1, kind: 'left', ts: T, contact: 'c', queue: 'q', reason: 'bored' }),
  'event-agent-state': mp({ v: 1, kind: 'agent', ts: T, agent: 'kim', state: 'paused', reason: 'lunch', name: 'Kim Lee' }),
  'event-heartbeat-without-state': mp({ v: 1, kind: 'heartbeat', ts: T, src: 's' }),
  'event-unknown-kind': mp({ v: 1, kind: 'teleported', ts: T }),
  'event-unknown-kind-bad-key': mp({ v: 1, kind: 'teleported', ts: 'soon' }),
  'event-unknown-key-deep-value': event([['more', bomb(8)]]),
  'event-unknown-key-too-deep-value': event([['more', bomb(9)]]),
  'event-version-2': map([['v', 2], ['kind', 'held'], ['ts', T], ['contact', 'c']]),
  'event-version-twice': map([['v', 1], ['v', 1], ['kind', 'held'], ['ts', T], ['contact', 'c']]),
  'event-kind-twice': map([['kind', 'held'], ['kind', 'resumed'], ['ts', T], ['contact', 'c']]),
  'event-kind-empty': map([['kind', ''], ['ts', T], ['contact', 'c']]),
  'event-kind-empty-then-good': map([['kind', ''], ['kind', 'held'], ['ts', T], ['contact', 'c']]),
  'event-key-twice': event([['queue', 'billing']]),
  'event-key-missing': mp({ v: 1, kind: 'offered', ts: T, contact: 'c1' }),
  'event-key-is-number': cat(mapHead(1), 1, 2),
  'event-ts-negative': map([['kind', 'held'], ['ts', -1], ['contact', 'c']]),
  'event-ts-year-10000': map([['kind', 'held'], ['ts', 253402300800000000n], ['contact', 'c']]),
  'event-ts-float': map([['kind', 'held'], ['ts', f64(1e15)], ['contact', 'c']]),
  'event-seq-above-int64': event([['seq', u64(2n ** 63n)]]),
  'event-id-129-bytes': event([['root', 'x'.repeat(129)]]),
  'event-id-with-zero-byte': event([['root', 'a\0b']]),
  'event-id-not-utf8': cat(mapHead(1), str('root'), raw(0xa2, 0xc3, 0x28)),
  'event-id-utf8-overlong': event([['root', cat(raw(0xa2, 0xc0, 0xaf))]]),
  'event-id-utf8-overlong-3': event([['root', cat(raw(0xa3, 0xe0, 0x80, 0xaf))]]),
  'event-id-utf8-surrogate': event([['root', cat(raw(0xa3, 0xed, 0xa0, 0x80))]]),
  'event-id-utf8-above-unicode': event([['root', cat(raw(0xa4, 0xf4, 0x90, 0x80, 0x80))]]),
  'event-id-utf8-cut': event([['root', cat(raw(0xa2, 0xe2, 0x82))]]),
  'event-csat-0': map([['kind', 'surveyed'], ['ts', T], ['contact', 'c'], ['csat', 0]]),
  'event-rater-six': map([['kind', 'surveyed'], ['ts', T], ['contact', 'c'], ['rater', [1, 2, 3, 4, 5, 5]]]),
  'event-4097-bytes': event([['more', bin(Buffer.alloc(4030))]]),
  'event-of-65535-pairs': cat(raw(0xde, 0xff, 0xff)),
  'truncated-map': event([]).subarray(0, 20),
  'truncated-string-length': raw(0x81, 0xd9),
  'string-longer-than-message': raw(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61),
  'array-of-4-billion': raw(0xdd, 0xff, 0xff, 0xff, 0xff),
  'map-of-4-billion': raw(0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0),
  'map-of-2-to-31': raw(0xdf, 0x80, 0x00, 0x00, 0x00, 0xc0, 0xc0),
  'reserved-byte': raw(0xc1),
  'reserved-byte-inside': array(1, raw(0xc1), 2),
  'depth-8': bomb(8),
  'depth-9': bomb(9),
  'depth-bomb': bomb(60000),
  'depth-bomb-of-maps': Buffer.concat([...Array(4000).fill(raw(0x81, 0xa1, 0x61)), raw(0xc0)]),
  'depth-9-empty-inside': cat(Buffer.alloc(8, 0x91), raw(0x90)),
  'every-integer-form': array(0, raw(0xcc, 255), raw(0xcd, 0, 1), raw(0xce, 255, 255, 255, 255), u64(2n ** 64n - 1n), -1, raw(0xd0, 127), raw(0xd0, 128), raw(0xd1, 255, 255), raw(0xd2, 128, 0, 0, 0), i64(-(2n ** 63n)), i64(2n ** 63n - 1n)),
  'every-float-form': array(raw(0xca, 0x7f, 0x80, 0, 0), raw(0xca, 0x7f, 0xa0, 0, 1), raw(0xca, 0x3f, 0x80, 0, 0), f64(NaN), f64(-0), f64(5e-324)),
  'every-ext-form': array(raw(0xd4, 1, 2), raw(0xd5, 1, 2, 3), raw(0xd6, 0, 1, 2, 3, 4), raw(0xc7, 0, 9), raw(0xc8, 0, 1, 5, 6), raw(0xc9, 0, 0, 0, 2, 5, 6, 7)),
  'ext-cut': raw(0xd8, 1, 2, 3),
  'bin-and-str-forms': array(bin(Buffer.from('x')), raw(0xd9, 1, 0x61), raw(0xda, 0, 1, 0x61), raw(0xdb, 0, 0, 0, 1, 0x61), raw(0xc6, 0, 0, 0, 1, 0x61)),
  'link-hello': array(1, 'hello', spool),
  'link-hello-trailing-bytes': cat(array(1, 'hello', spool), 7),
  'link-hello-short-id': array(1, 'hello', 'abc'),
  'link-version-2': array(2, 'hello', spool),
  'link-version-text': array('1', 'hello', spool),
  'link-unknown-type': array(1, 'h\nello\x1b[2J', spool),
  'link-empty-array': array(),
  'link-ack': array(1, 'ack', spool, 42),
  'link-ack-0': array(1, 'ack', spool, 0),
  'link-ack-above-int64': array(1, 'ack', spool, u64(2n ** 64n - 1n)),
  'link-refuse': array(1, 'refuse', spool, 'no'),
  'link-batch': batch(1, 2, cat(event([]), event([]))),
  'link-batch-last-number': batch(9223372036854775807n, 1, event([])),
  'link-batch-first-0': batch(0, 1, event([])),
  'link-batch-count-0': batch(1, 0, Buffer.alloc(0)),
  'link-batch-count-513': batch(1, 513, event([])),
  'link-batch-count-beyond-32-bits': batch(1, u64(2n ** 32n + 1n), event([])),
  'link-batch-fewer-than-told': batch(1, 3, event([])),
  'link-batch-more-than-told': batch(1, 1, cat(event([]), event([]))),
  'link-batch-of-rubbish': batch(1, 3, cat(mp(1), event([]), mp('x'))),
  'link-batch-cut-event': batch(1, 1, event([]).subarray(0, 30)),
  'link-batch-events-as-array': array(1, 'batch', spool, 1, 1, [1]),
})

// --- state: items as the wallboard reads them ---

const tally = (counts, max = 5000000, waits = [], journeys = []) => array(2, counts, max, waits, journeys)
const variants = { service_level: 'default', abandon_rate: 'default', fcr: 'repeat' }
const cellItem = (topic, more = {}) => mp({
  topic, ver: 3, at_us: T, scope: 'group', name: 'all', channel: 'all', channels: ['voice'], window: 'day', from_us: T - 1000n, variants,
  threshold_ms: 20000, goal: 0.8, waiting: 2, longest_wait_since_us: T, agents: { available: 3, busy: 1 }, complaints: { opened: 1, open: 1, reopened: 0 },
  tally: tally([32, 5, 33, 4, 40, 9000000], 5000000, [100, 3, 200, 1]), handled: [3, 9000000, 9, 30000000], ...more,
})
const beat = (sent, more = {}) => mp({ topic: 'hb', ver: sent, at_us: T, instance: 'a1b2', sent, clock: 'wall', version: '0.1.0', metrics: { events_total: 5, fill: 0.5 }, ...more })
const plain = (topic, more = {}) => mp({ topic, ver: 1, at_us: T, scope: 'queue', name: 'sales', channel: 'all', channels: ['voice', 'chat'], window: 'now', waiting: 1, ...more })
write('state', {
  'real-minute': cat(beat(1), beat(1), cellItem('group/all/day'), cellItem('group/all/day'), plain('queue/sales/now'), plain('queue/sales/now'), mp({ topic: 'queues', ver: 1, at_us: T, queues: ['b', 'sales'] }), mp({ topic: 'queues', ver: 1, at_us: T, queues: ['a', 'sales'] })),
  'cells-only-one-speaks': cat(cellItem('group/all/day'), beat(1), cellItem('group/all/day', { ver: 4 })),
  'cells-now-window': cat(cellItem('group/all/now', { window: 'now' }), cellItem('group/all/now', { window: 'now', handled: [0, 0, 0, 0] })),
  'tally-overflows-when-added': cat(cellItem('group/all/day', { tally: tally([32, 9223372036854775807n, 40, 9223372036854775807n]) }), cellItem('group/all/day', { tally: tally([32, 9223372036854775807n, 40, 9223372036854775807n]) })),
  'tally-same-count-twice': cat(cellItem('group/all/day', { tally: tally([32, 9223372036854775807n, 32, 9223372036854775807n]) })),
  'tally-bucket-beyond-last': cellItem('group/all/day', { tally: tally([], 0, [1856, 1]) }),
  'tally-of-version-3': cellItem('group/all/day', { tally: array(3, [], 0, [], []) }),
  'handled-overflows': cat(cellItem('group/all/now', { handled: [9223372036854775807n, 9223372036854775807n, 9223372036854775807n, 9223372036854775807n], waiting: 9223372036854775807n }), cellItem('group/all/now', { handled: [9223372036854775807n, 9223372036854775807n, 1, 1], waiting: 9223372036854775807n })),
  'agents-overflow': cat(cellItem('group/all/now', { agents: { available: 9223372036854775807n } }), cellItem('group/all/now', { agents: { available: 9223372036854775807n, busy: 9223372036854775807n } })),
  'complaints-overflow': cat(cellItem('group/all/day', { complaints: { open: 9223372036854775807n } }), cellItem('group/all/day', { complaints: { open: 9223372036854775807n } })),
  'variant-unknown': cellItem('group/all/day', { variants: { service_level: 'best', abandon_rate: 'raw', fcr: 'survey' } }),
  'handled-of-three': cellItem('group/all/now', { handled: [1, 2, 3] }),
  'keys-twice': cat(mapHead(6), 'topic', 'group/all/day', 'topic', 'group/all/day', 'ver', 1, 'ver', 2, 'at_us', 1, 'at_us', 2),
  'head-larger-than-65535-pairs': cellItem('group/all/day', Object.fromEntries([...Array(20)].map((_, i) => ['k' + i, i]))),
  'topic-missing': mp({ ver: 1, at_us: T }),
  'topic-421-bytes': mp({ topic: 'q'.repeat(421), ver: 1, at_us: T }),
  'topic-420-bytes': mp({ topic: 'q'.repeat(420), ver: 1, at_us: T }),
  'topic-with-zero-byte': mp({ topic: 'queue/a\0b/now', ver: 1, at_us: T }),
  'topic-not-utf8': cat(mapHead(3), 'topic', raw(0xa2, 0xff, 0xfe), 'ver', 1, 'at_us', 1),
  'topic-wildcard': mp({ topic: 'queue/*', ver: 1, at_us: T }),
  'ver-negative': mp({ topic: 'queues', ver: -1, at_us: T, queues: [] }),
  'trailing-bytes': cat(mapHead(3), 'topic', 'queues', 'ver', 1, 'at_us', 1).subarray(0, 12),
  'value-bin': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: bin(Buffer.from('ab')) }),
  'value-ext': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: raw(0xd4, 1, 2) }),
  'value-not-a-number': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: f64(NaN), y: f64(Infinity), z: f64(-0) }),
  'value-key-is-number': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: cat(mapHead(1), 1, 2) }),
  'value-depth-8': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: bomb(8) }),
  'value-text-not-utf8': mp({ topic: 'queue/a/now', ver: 1, at_us: T, x: raw(0xa3, 0xed, 0xa0, 0x80) }),
  'gone-and-back': cat(plain('queue/a/now'), mp({ topic: 'queue/a/now', ver: 2, at_us: T, gone: true }), plain('queue/a/now')),
  'gone-of-a-shared-topic': cat(cellItem('group/x/day'), cellItem('group/x/day'), mp({ topic: 'group/x/day', ver: 2, at_us: T, gone: true }), mp({ topic: 'group/x/day', ver: 2, at_us: T, gone: true }), beat(1), beat(2)),
  'beat-new-instance': cat(beat(1), plain('queue/a/now'), beat(2), beat(3, { instance: 'b' }), beat(4, { instance: 'b' }), beat(5, { instance: 'b' }), beat(6, { instance: 'b' }), beat(7, { instance: 'b' }), beat(8, { instance: 'b' })),
  'beat-lost-messages': cat(beat(1), beat(1), beat(2), beat(2), beat(900), beat(u64(2n ** 64n - 1n))),
  'beat-without-instance': mp({ topic: 'hb', ver: 1, at_us: T, sent: 1 }),
  'beat-instance-500-bytes': beat(1, { instance: 'i'.repeat(500), version: 'v'.repeat(500), clock: 'c'.repeat(300) }),
  'list-agents-without-label': cat(mp({ topic: 'agents/all', ver: 1, at_us: T, agents: [{ name: 'a' }, { label: 'b' }, 7] }), mp({ topic: 'agents/all', ver: 1, at_us: T, agents: [{ label: '' }, { label: 'b', label2: 1 }] })),
  'list-is-no-list': cat(mp({ topic: 'sources', ver: 1, at_us: T, sources: 5 }), mp({ topic: 'sources', ver: 1, at_us: T, sources: [{ src: 'x' }] })),
  'list-of-65536': cat(mp({ topic: 'queues', ver: 1, at_us: T, queues: Array(300).fill('q') }), mp({ topic: 'queues', ver: 1, at_us: T, queues: Array(300).fill('r') })),
  'no-msgpack': Buffer.from('hello'),
})

// --- answers ---

const step = (name, more = {}) => ({ scope: 'queue', name, channel: 'all', channels: ['voice'], window: 'range', from_us: 0, to_us: 60000000, service_level: { value: 0.5, n: 2, lo: 0.1, hi: 0.9 }, left: { abandoned: 1 }, ...more })
const good = (id, items) => mp({ id, ok: true, items })
const cellStep = (name, more = {}) => step(name, { variants, tally: tally([32, 5]), complaints: { open: null }, ...more })
write('answers', {
  'both-cells-merge': cat(good(1, [cellStep('sales')]), good(1, [cellStep('sales')]), good(2, [cellStep('all')]), good(2, [cellStep('all')])),
  'both-cells-plain': cat(good(1, [step('a'), step('b')]), good(1, [step('b')]), good(2, []), good(2, [step('all')])),
  'one-cell-does-not-know': cat(good(1, [step('sales')]), mp({ id: 1, ok: false, code: 'absent', error: 'no such queue' }), good(2, []), mp({ id: 2, ok: false, code: 'absent', error: 'no' })),
  'one-cell-alone': good(1, [step('sales')]),
  'both-refuse': cat(mp({ id: 1, ok: false, code: 'full', error: 'too large' }), mp({ id: 1, ok: false, code: 'invalid', error: 'what\n\x1b[2Jthis' })),
  'refusal-without-code': mp({ id: 1, ok: false, error: 'x' }),
  'refusal-without-words': mp({ id: 1, ok: false, code: 'io' }),
  'id-of-nobody': good(77, []),
  'id-is-text': mp({ id: '1', ok: true, items: [] }),
  'answered-twice': cat(good(1, []), good(1, []), good(1, []), good(1, []), good(2, [])),
  'items-not-maps': cat(mp({ id: 1, ok: true, items: [1, 'x', null] }), good(1, [])),
  'items-is-a-map': mp({ id: 1, ok: true, items: {} }),
  'items-without-name': cat(good(1, [{ from_us: 0 }, {}]), good(1, [{}, { name: '' }])),
  'items-name-not-utf8': good(1, [step(raw(0xa2, 0xff, 0xfe))]),
  'kpi-is-array': cat(good(1, [step('s', { left: { abandoned: [1] }, service_level: [1] })]), good(1, [])),
  'kpi-is-nothing': cat(good(1, [step('s', { left: 5, service_level: null })]), good(1, [])),
  'kpi-map-with-bin': cat(good(1, [step('s', { service_level: { value: bin(Buffer.from('x')) } })]), good(1, [])),
  'tallies-overflow': cat(good(1, [cellStep('s', { tally: tally([32, 9223372036854775807n]) })]), good(1, [cellStep('s', { tally: tally([32, 9223372036854775807n]) })])),
  'many-steps-of-one-name': cat(good(1, Array(20).fill(cellStep('s'))), good(1, Array(20).fill(cellStep('s')))),
  'depth-8': mp({ id: 1, ok: true, items: [{ x: bomb(6) }] }),
  'cut': good(1, [step('sales')]).subarray(0, 40),
  'empty': Buffer.alloc(0),
})

// --- client: the msgpack form ---

write('client', {
  subscribe: mp({ op: 'subscribe', topics: ['queue/sales/day', 'group/*', 'agents/all', 'nothing'] }),
  'subscribe-everything': mp({ op: 'subscribe', topics: ['*'] }),
  'subscribe-same-twice': mp({ op: 'subscribe', topics: ['hb', 'hb', 'hb*'] }),
  'subscribe-nothing': mp({ op: 'subscribe', topics: [] }),
  'op-unknown': mp({ op: 'unsubscribe', topics: [] }),
  'op-is-number': mp({ op: 5, topics: [] }),
  'topics-missing': mp({ op: 'subscribe' }),
  'topics-1001': mp({ op: 'subscribe', topics: Array(1001).fill('a') }),
  'topics-of-numbers': mp({ op: 'subscribe', topics: [1, 2] }),
  'topic-empty': mp({ op: 'subscribe', topics: [''] }),
  'topic-421-bytes': mp({ op: 'subscribe', topics: ['x'.repeat(421)] }),
  'topic-with-zero-byte': mp({ op: 'subscribe', topics: ['a\0b'] }),
  'topic-star-inside': mp({ op: 'subscribe', topics: ['queue/*/day', '**'] }),
  'depth-bomb': bomb(16000),
  'trailing-bytes': cat(mp({ op: 'subscribe', topics: [] }), 1),
  empty: Buffer.alloc(0),
})

// --- interval ---

const key = (scope, res, channel, name, start) => Buffer.concat([Buffer.from([scope.charCodeAt(0), res, channel]), Buffer.from(name), raw(0), be8(start)])
write('interval', {
  tally: tally([32, 5, 33, 4, 34, 1, 0, 1, 17, 60000000, 40, 9000000, 52, 3, 53, 2], 5000000, [100, 3, 200, 1], [300, 2]),
  'tally-empty': tally([], 0),
  'tally-taken-back': tally([32, -5, 33, -4], 0, [100, -3]),
  'count-beyond-last': tally([200, 1]),
  'count-negative-index': tally([-1, 1]),
  'count-without-value': tally([32]),
  'count-largest': tally([32, 9223372036854775807n, 33, 9223372036854775807n, 37, 9223372036854775807n]),
  'count-smallest': tally([32, -9223372036854775807n - 1n, 33, -9223372036854775807n - 1n]),
  'count-twice-overflows': tally([32, 9223372036854775807n, 32, 1]),
  'wait-largest': tally([33, 1], 9223372036854775807n, [1855, 2147483647]),
  'bucket-beyond-last': tally([], 0, [1856, 1]),
  'bucket-twice-overflows': tally([], 0, [5, 2147483647, 5, 2147483647]),
  'bucket-total-overflows': tally([33, 1], 0, [...Array(60)].flatMap((_, i) => [i, 2147483647])),
  'bucket-count-too-large': tally([], 0, [5, 2147483648]),
  'bucket-negative-count-only': tally([], 0, [5, -1]),
  'version-3': array(3, [], 0, [], []),
  'four-elements': array(2, [], 0, []),
  'cut': tally([32, 5]).subarray(0, 4),
  'key-queue-minute': key('q', 1, 0, 'sales', T),
  'key-day-plain': key('a', 'd'.charCodeAt(0), 255, 'kim', 0n),
  'key-empty-name': key('g', 15, 255, '', 0n),
  'key-unknown-resolution': key('q', 7, 0, 'sales', T),
  'key-unknown-channel': key('q', 1, 77, 'sales', T),
  'key-without-zero': Buffer.from('q\x01\x00sales'),
})

// --- question: kind 0 a question, 1 an interval, 2 a contact ---

const range = (more) => mp({ id: 1, op: 'range', scope: 'queue', name: 'sales', from_us: T, to_us: T + 3600000000n, ...more })
const stored = (more = tally([32, 5, 33, 4], 5000000, [100, 4])) => Buffer.concat([
  part(1, key('q', 1, 0, 'sales', T), more), part(1, key('q', 15, 0, 'sales', T), more), part(1, key('g', 1, 0, 'all', T), more),
  part(1, key('g', 1, 255, 'all', T), more), part(1, key('a', 1, 255, 'kim', T), more), part(1, key('q', 'd'.charCodeAt(0), 1, 'sales', T - T % 86400000000n), more)])
const q = (more) => part(0, '', range(more))
const ask = (more) => Buffer.concat([stored(), q(more)])
const contacts = (more) => part(0, '', mp({ id: 1, op: 'contacts', ...more }))
const cardKey = (kind) => Buffer.concat([Buffer.from(kind), be8(T + 5n), be8(42)])
const card = (kind, left = 0) => array(1, 'c', 'sales', kind === 'A' ? 'kim' : null, '4915112345678', 'invoice', 'de', 'r', 3, 0, left, T, 5, kind === 'A' ? 70 : null, kind === 'A' ? 0 : null, null)
const filed = (kind, left) => part(2, cardKey(kind), card(kind, left))
write('question', {
  'every-scope': Buffer.concat([stored(), q({}), q({ scope: 'all', name: 'all' }), q({ scope: 'agent', name: 'kim' }), q({ scope: 'group', name: 'all', channel: 'voice' }), part(0, '', mp({ id: 2, op: 'range', scope: 'queue', from_us: T, to_us: T + 60000000n, step_us: 60000000 }))]),
  'whole-days': ask({ from_us: T - T % 86400000000n, to_us: T - T % 86400000000n + 3n * 86400000000n }),
  'steps-of-a-minute': ask({ step_us: 60000000 }),
  'step-negative': ask({ step_us: -60000000 }),
  'step-no-whole-minute': ask({ step_us: 1 }),
  'steps-10001': ask({ from_us: 0, to_us: 600060000000n, step_us: 60000000 }),
  'from-after-to': ask({ to_us: T - 1n }),
  'to-year-10000': ask({ to_us: 253402300800000000n }),
  'to-last-microsecond': ask({ from_us: 0, to_us: 253402300799999999n }),
  'to-largest': ask({ to_us: 9223372036854775807n }),
  'from-smallest': ask({ from_us: -9223372036854775807n - 1n }),
  'from-is-float': ask({ from_us: 1.5 }),
  'name-129-bytes': ask({ name: 'x'.repeat(129) }),
  'name-with-zero-byte': ask({ name: 'a\0b' }),
  'name-empty': ask({ name: '' }),
  'scope-unknown': ask({ scope: 'floor\n' }),
  'channel-unknown': ask({ channel: 'pigeon' }),
  'channel-of-an-agent': ask({ scope: 'agent', name: 'kim', channel: 'voice' }),
  'op-unknown': ask({ op: 'drop' }),
  'op-snapshot': part(0, '', mp({ id: 9, op: 'snapshot', prefix: 'queue/' })),
  'id-largest': ask({ id: u64(2n ** 64n - 1n) }),
  'id-is-map': ask({ id: {} }),
  'keys-twice': part(0, '', cat(mapHead(3), 'op', 'range', 'op', 'range', 'id', 5)),
  'no-map': part(0, '', mp([1, 2])),
  'stored-tally-of-version-3': Buffer.concat([stored(array(3, [], 0, [], [])), q({})]),
  'stored-tally-cut': Buffer.concat([stored(raw(0x95, 2)), q({})]),
  'stored-tally-empty-record': Buffer.concat([stored(Buffer.alloc(0)), q({})]),
  'stored-tallies-overflow': Buffer.concat([stored(tally([32, 9223372036854775807n, 40, 9223372036854775807n])), part(1, key('q', 1, 0, 'sales', T + 60000000n), tally([32, 9223372036854775807n])), q({})]),
  'stored-key-without-name': Buffer.concat([part(1, 'q\x01\x00', tally([])), q({})]),
  'stored-key-cut': Buffer.concat([part(1, key('q', 1, 0, 'sales', T).subarray(0, 12), tally([])), q({})]),
  'contacts-every-outcome': Buffer.concat([filed('B'), filed('A'), filed('L', 1), part(2, cardKey('R'), array(1, T)), ...['all', 'abandoned', 'answered', 'left', 'waiting', 'talking'].map((outcome) => contacts({ outcome }))]),
  'contacts-filters': Buffer.concat([filed('A'), contacts({ queue: 'sales', agent: 'kim', channel: 'voice', limit: 1000, today: true }), contacts({ group: 'none' }), contacts({ group: 'all' })]),
  'contacts-limit-0': contacts({ limit: 0 }),
  'contacts-limit-1001': contacts({ limit: 1001 }),
  'contacts-limit-negative': contacts({ limit: -5 }),
  'contacts-outcome-unknown': contacts({ outcome: 'lost\n' }),
  'contacts-channel-unknown': contacts({ channel: 'pigeon' }),
  'contacts-queue-129-bytes': contacts({ queue: 'x'.repeat(129) }),
  'contacts-agent-with-zero-byte': contacts({ agent: 'a\0b' }),
  'contacts-from-after-to': contacts({ from_us: T, to_us: T - 1n }),
  'contacts-to-largest': contacts({ to_us: 9223372036854775807n }),
  'contacts-today-is-text': contacts({ today: 'yes' }),
  'filed-key-cut': Buffer.concat([part(2, cardKey('B').subarray(0, 12), card('B')), contacts({})]),
  'filed-key-too-long': Buffer.concat([part(2, Buffer.concat([cardKey('B'), raw(0)]), card('B')), contacts({})]),
  'filed-over-largest': Buffer.concat([part(2, Buffer.concat([Buffer.from('B'), Buffer.alloc(16, 255)]), card('B')), contacts({})]),
  'filed-of-version-9': Buffer.concat([part(2, cardKey('B'), array(9, 'c', 'sales')), contacts({})]),
  'filed-cut': Buffer.concat([part(2, cardKey('B'), card('B').subarray(0, 9)), contacts({})]),
  'filed-more-behind': Buffer.concat([part(2, cardKey('B'), Buffer.concat([card('B'), raw(0xc0)])), contacts({})]),
  'filed-empty': Buffer.concat([part(2, cardKey('B'), Buffer.alloc(0)), contacts({})]),
  'filed-answered-by-nobody': Buffer.concat([part(2, cardKey('A'), card('B')), contacts({})]),
  'filed-abandoned-by-timeout': Buffer.concat([part(2, cardKey('B'), card('L', 1)), contacts({})]),
  'filed-channel-77': Buffer.concat([part(2, cardKey('B'), array(1, 'c', 'sales', null, null, null, null, null, null, 77, 0, T, 5, null, null, null)), contacts({})]),
  'filed-wait-largest': Buffer.concat([part(2, cardKey('B'), array(1, 'c', 'sales', null, null, null, null, null, null, 0, 0, T, 9223372036854775807n, null, null, null)), contacts({})]),
  'returned-of-version-9': Buffer.concat([filed('B'), part(2, cardKey('R'), array(9, T)), contacts({})]),
  'returned-0': Buffer.concat([filed('B'), part(2, cardKey('R'), array(1, 0)), contacts({})]),
  'stored-start-largest': Buffer.concat([part(1, Buffer.concat([raw(0x71, 1, 0), Buffer.from('sales'), raw(0, 255, 255, 255, 255, 255, 255, 255, 255)]), tally([])), q({})]),
})

// --- restore: the engine's records ---

const rec = (kind, name, ...elements) => part(0, Buffer.concat([Buffer.from(kind), Buffer.from(name)]), array(2, ...elements))
const day = [T, T + 54000000000n, T]
const contact = (id, more = {}) => {
  const c = { queue: 'sales', agent: 'kim', source: 's', listed: 0, times: [T, T + 1n, 0, 0, 0, 0, 0, T + 20000000n, T + 5000000n, 0], words: [0, 0, 0, 0, 0, 0], root: 5, breached: false, presumed: false, customer: null, marks: [], surveys: [], ...more }
  return rec('c', id, c.queue, c.agent, c.source, c.listed, ...c.times, ...c.words, c.root, c.breached, c.presumed, c.customer, c.marks, c.surveys)
}
const second = (at, index) => { const b = Buffer.alloc(10); b.writeBigUInt64BE(BigInt(at)); b.writeUInt16BE(index, 8); return b }
const meta = rec('m', '', T)
const factOf = (more = {}) => { const f = { ts: T - 1000000n, value: 1000, sign: 1, count: 33, sum: 40, queue: 'sales', agent: 'kim', channel: 0, ...more }; return [f.ts, f.value, f.sign, f.count, f.sum, f.queue, f.agent, f.channel] }
const floor = [contact('c1'), rec('g', 'all', ...day, [0, tally([32, 5])], []), meta, rec('q', 'sales', ...day, [0, tally([32, 5])], []), rec('s', 's', 'e1', false, true, T, T, 0, 0, '', 0, 0, false)]
const agentRec = (name, more = {}) => { const a = { label: 'Kim', reason: 'lunch', first: T, said: 1, said_us: T, day, cells: [], line: [], members: ['sales', [T, true]], ...more }; return rec('a', name, a.label, a.reason, a.first, a.said, a.said_us, ...a.day, a.cells, a.line, a.members) }
const chainKey = (kind, number) => Buffer.concat([Buffer.from('k'), Buffer.alloc(11), Buffer.from([kind, 0, 0, 0, number])]);
const chainNow = (...values) => part(0, chainKey(0, 0), array(2, ...values));
const chainName = (kind, number, name) => part(0, chainKey(kind, number), array(2, name));
const chainNames = Buffer.concat([chainName(1, 1, 'sales'), chainName(2, 1, 'kim')]); // a queue, an agent: by number in customers' records
const customer = (byte, ...visits) => part(0, Buffer.concat([Buffer.from('k'), Buffer.alloc(16, byte)]), array(2, ...visits));

const r = (...records) => Buffer.concat(records)
write('restore', {
  floor: r(agentRec('kim'), ...floor),
  'contact-waiting': r(contact('c', { agent: null, times: [T, 0, 0, 0, 0, 0, 0, T + 20000000n, T + 5000000n, 0] }), meta),
  'contact-without-queue': r(contact('c', { queue: null }), meta),
  'contact-twice': r(contact('c'), contact('c')),
  'contact-empty-id': r(contact(''), meta),
  'contact-id-129-bytes': r(contact('x'.repeat(129)), meta),
  'contact-times-largest': r(contact('c', { times: Array(10).fill(9223372036854775807n) }), meta),
  'contact-times-smallest': r(contact('c', { times: Array(10).fill(-9223372036854775807n - 1n) }), meta),
  'contact-times-backwards': r(contact('c', { times: [T, T - 5n, T - 9n, T - 50n, T - 70n, 1, 2, 3, 4, 5] }), meta),
  'contact-word-beyond-last': r(contact('c', { words: [6, 0, 0, 0, 0, 0] }), meta),
  'contact-word-negative': r(contact('c', { words: [-1, 0, 0, 0, 0, 0] }), meta),
  'contact-marks': r(contact('c', { marks: [T + 2n, 1, 'kim', T + 3n, 2, 'kim', T + 4n, 4, null, T + 5n, 5, null] }), meta),
  'contact-mark-of-nobody': r(contact('c', { marks: [T, 1, null] }), meta),
  'contact-mark-kind-300': r(contact('c', { marks: [T, 300, 'kim'] }), meta),
  'contact-marks-5000': r(contact('c', { marks: [...Array(3000)].flatMap((_, i) => [T + BigInt(i), 4 + (i % 2), null]) }), meta),
  'contact-survey': r(contact('c', { surveys: [T, 'sales', 'kim', 0xffffffff, 5, 10, true, [1, 2, 3, 4, 5], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]] }), meta),
  'contact-survey-scores-900': r(contact('c', { surveys: [T, 'sales', 'kim', -1, 900, -1, true, [900, 2, 3, 4, 5], [255, 1, 2, 3, 0, 1, 2, 3, 0, 1]] }), meta),
  'contact-customer-3-bytes': r(contact('c', { customer: 'abc' }), meta),
  'contact-customer': r(contact('c', { customer: 'x'.repeat(16) }), meta),
  'queue-name-empty': r(contact('c', { queue: '' }), meta),
  'queue-name-not-utf8': r(contact('c', { queue: raw(0xa2, 0xff, 0xfe) }), meta),
  'queue-name-200-bytes': r(contact('c', { queue: 'q'.repeat(200) }), meta),
  'queue-name-with-zero-byte': r(contact('c', { queue: 'a\0b' }), meta),
  'now-largest': rec('m', '', 9223372036854775807n),
  'now-smallest': rec('m', '', -9223372036854775807n - 1n),
  'now-0': rec('m', '', 0),
  'now-1': r(contact('c'), rec('m', '', 1)),
  'day-ends-before-it-starts': r(meta, rec('q', 'sales', T, T - 5n, T, [], [])),
  'day-long-ago': r(meta, rec('q', 'sales', 0, 1, 0, [], [])),
  'day-channel-8': r(meta, rec('q', 'sales', ...day, [8, tally([])], [])),
  'day-tallies-overflow': r(rec('g', 'all', ...day, [0, tally([32, 9223372036854775807n]), 1, tally([32, 9223372036854775807n])], []), meta, rec('q', 'sales', ...day, [0, tally([32, 9223372036854775807n])], [])),
  'agent-said-beyond-last': agentRec('kim', { said: 7 }),
  'agent-label-201-bytes': agentRec('kim', { label: 'x'.repeat(201) }),
  'agent-label-not-utf8': agentRec('kim', { label: raw(0xa2, 0xff, 0xfe) }),
  'agent-first-largest': r(agentRec('kim', { first: 9223372036854775806n }), meta),
  'agent-marks-unsorted': r(agentRec('kim', { members: ['sales', [T, true, T - 9n, false, T, false], 'sales', [T, true]] }), meta),
  'agent-name-empty': agentRec(''),
  'source-numbers-largest': r(meta, rec('s', 's', 'e', true, true, 9223372036854775807n, 9223372036854775807n, 9223372036854775807n, 9223372036854775807n, 'x', -1, 9223372036854775807n, true)),
  'source-epoch-201-bytes': rec('s', 's', 'e'.repeat(201), true, true, 0, 0, 0, 0, '', 0, 0, true),
  'second': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(T / 1000000n - 1n, 0)]), array(2, factOf(), factOf({ count: 255, sum: 255 })))),
  'second-key-short': r(meta, part(0, 'o123', array(2, factOf()))),
  'second-in-the-future': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(2n ** 62n, 65535)]), array(2, factOf({ ts: 9223372036854775807n })))),
  'second-fact-sign-0': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(T / 1000000n, 0)]), array(2, factOf({ sign: 0 })))),
  'second-fact-count-200': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(T / 1000000n, 0)]), array(2, factOf({ count: 200 })))),
  'second-fact-value-largest': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(T / 1000000n - 1n, 0)]), array(2, factOf({ value: 9223372036854775807n }), factOf({ value: 9223372036854775807n }), factOf({ value: -9223372036854775807n - 1n, sign: -1 })))),
  'second-fact-channel-8': r(meta, part(0, Buffer.concat([Buffer.from('o'), second(T / 1000000n, 0)]), array(2, factOf({ channel: 8 })))),
  'chain': r(chainNow(T, 604800000000n), chainNames, customer(7, 11, null, T, 5, 9, 1, 1, 0, 12, 11, T + 99n, null, null, 1, 0, 0), meta),
  'chain-head-window-0': chainNow(T, 0),
  'chain-key-15-bytes': part(0, Buffer.concat([Buffer.from('k'), Buffer.alloc(15, 7)]), array(2)),
  'chain-out-of-order': r(chainNames, customer(9, 11, null, T, 5, 9, 1, 1, 0), customer(7, 11, null, T, 5, 9, 1, 1, 0)),
  'chain-times-overflow': r(chainNow(T, 604800000000n), chainNames, customer(7, 11, null, 9223372036854775807n, 9223372036854775807n, 9223372036854775807n, 1, 1, 0), meta),
  'chain-times-largest': r(chainNow(T, 604800000000n), chainNames, customer(7, 11, null, 1152921504606846975n, 0, 0, 1, 1, 0), meta),
  'chain-queue-without-a-name': r(chainNames, customer(7, 11, null, T, 5, 9, 2, 1, 0), meta),
  'chain-name-after-a-gap': r(chainName(1, 2, 'sales'), meta),
  'chain-visit-twice': r(chainNames, customer(7, 11, null, T, 5, 9, 1, 1, 0, 11, null, T, 5, 9, 1, 1, 0), meta),
  'chain-verdicts-beyond': r(chainNames, customer(7, 11, null, T, 5, 9, 1, 1, 127), meta),
  'case': r(meta, part(0, 'xcase-1', array(1, 'sales', T, 'kim', T, 0, T, -1, -1, 0, [0, T, 1, T + 5n, 2, T + 9n]))),
  'case-steps-unsorted': r(meta, part(0, 'xcase-1', array(1, 'sales', T, 'kim', T, 0, T, -1, -1, 0, [2, T, 0, T - 5n, 0, T - 5n]))),
  'case-cause-beyond': r(meta, part(0, 'xcase-1', array(1, 'sales', T, 'kim', T, 9, T, 5, 5, T, []))),
  'case-twice': r(meta, part(0, 'xc', array(1, '', 0, '', 0, 0, 0, -1, -1, 0, [0, T])), part(0, 'xc', array(1, '', 0, '', 0, 0, 0, -1, -1, 0, [0, T]))),
  'case-times-largest': r(meta, part(0, 'xc', array(1, 'q', 9223372036854775807n, 'a', 9223372036854775807n, 0, 9223372036854775807n, 0, 0, 9223372036854775807n, [0, 9223372036854775807n, 1, -9223372036854775807n - 1n]))),
  'seen': r(meta, part(0, Buffer.concat([Buffer.from('w'), second(T / 60000000n, 0)]), array(1, bin(Buffer.alloc(16, 3))))),
  'seen-odd-bytes': part(0, Buffer.concat([Buffer.from('w'), second(T / 60000000n, 0)]), array(1, bin(Buffer.alloc(15)))),
  'seen-minute-largest': r(meta, part(0, Buffer.concat([Buffer.from('w'), second(2n ** 64n - 1n, 65535)]), array(1, bin(Buffer.alloc(8, 1))))),
  'version-3': part(0, 'm', array(3, T)),
  'version-missing': part(0, 'm', array()),
  'key-empty': part(0, '', array(2, T)),
  'key-control-byte': part(0, '\x01', array(2, T)),
  'key-kind-unknown': part(0, 'zzz', array(2, T)),
  'value-empty': part(0, 'm', Buffer.alloc(0)),
  'value-depth-bomb': part(0, 'csomething', bomb(60000)),
})

// --- store: kind 0 meta, 1 marks, 2 journal, 3 staged, 4 state, 5 intervals ---

const le = (...v) => { const b = Buffer.alloc(8 * v.length); v.forEach((x, i) => b.writeBigUInt64LE(BigInt(x), 8 * i)); return b }
const staged = (...records) => Buffer.concat(records.map(([op, k, v]) => { const head = Buffer.alloc(7); head[0] = op; head.writeUInt16LE(k.length, 1); head.writeUInt32LE(v.length, 3); return Buffer.concat([head, Buffer.from(k), v]) }))
const place = (complete, block, at) => part(0, 'checkpoint', le(complete, block, at))
const journal = (index, bytes) => part(2, be8(index), bytes)
const mark = (next, checkpointed) => part(1, spool, le(next, checkpointed))
const one = staged([0, 'm', array(2, T)])
write('store', {
  'journal-and-mark': r(mark(3, 1), journal(1, batch(1, 2, cat(event([]), event([])))), part(4, 'm', array(2, T))),
  'journal-of-hello': r(mark(3, 1), journal(1, array(1, 'hello', spool))),
  'journal-of-rubbish': r(mark(3, 1), journal(1, Buffer.from('rubbish'))),
  'journal-link-version-2': r(mark(3, 1), journal(1, array(2, 'batch', spool, 1, 1, bin(event([]))))),
  'journal-last-index': r(mark(3, 1), journal(2n ** 64n - 1n, batch(1, 1, event([])))),
  'journal-key-3-bytes': part(2, 'abc', batch(1, 1, event([]))),
  'journal-numbers-largest': r(mark(2n ** 63n, 1), journal(1, batch(9223372036854775807n, 512, event([])))),
  'journal-events-cut': r(mark(3, 1), journal(1, batch(1, 2, event([])))),
  'mark-key-short': part(1, 'abc', le(1, 1)),
  'mark-of-8-bytes': part(1, spool, le(1)),
  'mark-largest': mark(2n ** 64n - 1n, 2n ** 64n - 1n),
  'place-of-8-bytes': part(0, 'checkpoint', le(1)),
  'place-complete-without-blocks': place(5, 0, 0),
  'place-block-above-complete': r(place(1, 5, 0), part(3, be8(0), one)),
  'place-at-beyond-block': r(place(1, 0, 9999), part(3, be8(0), one)),
  'place-at-above-32-bits': r(place(1, 0, 2n ** 32n), part(3, be8(0), one)),
  'place-largest': r(place(2n ** 64n - 1n, 2n ** 64n - 2n, 0), part(3, be8(2n ** 64n - 2n), one)),
  'staged-complete': r(place(1, 0, 0), part(3, be8(0), one)),
  'staged-half-applied': r(place(2, 0, one.length), part(3, be8(0), one), part(3, be8(1), one)),
  'staged-incomplete': r(place(0, 0, 0), part(3, be8(0), one), part(3, be8(1), one)),
  'staged-number-largest': part(3, be8(2n ** 64n - 1n), one),
  'staged-number-huge': part(3, be8(2n ** 40n), one),
  'staged-key-3-bytes': part(3, 'abc', one),
  'staged-empty-block': r(place(1, 0, 0), part(3, be8(0), Buffer.alloc(0))),
  'staged-record-cut': r(place(1, 0, 0), part(3, be8(0), one.subarray(0, 9))),
  'staged-op-9': r(place(1, 0, 0), part(3, be8(0), staged([9, 'm', array(2, T)]))),
  'staged-key-600-bytes': r(place(1, 0, 0), part(3, be8(0), staged([0, 'x'.repeat(600), array(2, T)]))),
  'staged-merge-of-version-3': r(place(1, 0, 0), part(3, be8(0), staged([2, 'q', array(3, [], 0, [], [])]))),
  'staged-merge-overflow': r(place(1, 0, 0), part(3, be8(0), staged([2, 'q', tally([32, 9223372036854775807n])])), part(5, 'q', tally([32, 9223372036854775807n]))),
  'staged-mark-of-3-bytes': r(place(1, 0, 0), part(3, be8(0), staged([3, 'abc', le(1)]))),
  'staged-mark': r(place(1, 0, 0), part(3, be8(0), staged([3, spool, le(7)]))),
  'format-newer': part(0, 'floorcast-aggregator', le(99)),
  'format-0': part(0, 'floorcast-aggregator', le(0)),
  'format-of-3-bytes': part(0, 'floorcast-aggregator', Buffer.from('abc')),
  'state-record-of-version-9': part(4, 'm', array(9, T)),
})

// --- spool: kind 0 events, 1 state ---

const chunk = (first, count, events) => part(0, be8(first), Buffer.concat([be(4, count), events]))
const next = (n) => part(1, 'next', be8(n))
write('spool', {
  'two-chunks': r(chunk(1, 2, cat(event([]), event([]))), chunk(3, 1, event([])), next(4), part(1, 'p:src', Buffer.concat([be8(7), Buffer.from('epoch')])), part(1, 'm:ndjson:x', Buffer.alloc(40))),
  'chunk-count-0': r(chunk(1, 0, Buffer.alloc(0)), next(2)),
  'chunk-count-largest': r(chunk(1, 0xffffffff, event([])), next(2)),
  'chunk-fewer-than-told': r(chunk(1, 5, event([])), next(6)),
  'chunk-of-rubbish': r(chunk(1, 1, Buffer.from([0xc1])), next(2)),
  'chunk-2-bytes': r(part(0, be8(1), raw(0, 1)), next(2)),
  'chunk-empty': r(part(0, be8(1), Buffer.alloc(0)), next(2)),
  'chunk-65000-bytes': r(chunk(1, 65000, Buffer.alloc(65000, 0xc0)), next(65001)),
  'chunks-overlap': r(chunk(1, 3, cat(event([]), event([]), event([]))), chunk(2, 1, event([])), next(4)),
  'chunks-with-a-hole': r(chunk(1, 1, event([])), chunk(9, 1, event([])), next(10)),
  'chunk-number-largest': r(chunk(2n ** 64n - 1n, 1, event([])), next(2n ** 64n - 1n)),
  'chunk-key-3-bytes': r(part(0, 'abc', Buffer.concat([be(4, 1), event([])])), next(2)),
  'next-below-chunks': r(chunk(5, 1, event([])), next(2)),
  'next-0': next(0),
  'next-largest': next(2n ** 64n - 1n),
  'next-of-3-bytes': part(1, 'next', Buffer.from('abc')),
  'id-short': part(1, 'id', Buffer.from('abc')),
  'id-with-zero-bytes': part(1, 'id', Buffer.alloc(32)),
  'format-2': part(1, 'format', Buffer.from('floorcast-spool 2')),
  'format-empty': part(1, 'format', Buffer.alloc(0)),
  'producer-7-bytes': part(1, 'p:x', Buffer.alloc(7)),
  'producer-name-500-bytes': part(1, 'p:' + 'x'.repeat(253), Buffer.concat([be8(1), Buffer.alloc(4000, 0x65)])),
  'producer-name-empty': part(1, 'p:', Buffer.concat([be8(2n ** 64n - 1n), Buffer.alloc(129, 0x65)])),
  'mark-5000-bytes': part(1, 'm:ndjson:x', Buffer.alloc(5000)),
})
