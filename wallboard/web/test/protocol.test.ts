import assert from 'node:assert/strict';
import test from 'node:test';
import { decode, encode } from '@msgpack/msgpack';
import { readMessage, subscribeMessage } from '../src/net/protocol';

const bytes = (value: unknown) => encode(value).slice().buffer as ArrayBuffer;

test('reads the three messages and lets all others pass by', () => {
  assert.equal(readMessage(bytes({ type: 'tick', at_us: 1, now_us: 2, feed: 'up' }))?.type, 'tick');
  assert.equal(readMessage(bytes({ type: 'hello', version: '1', build: 'a', at_us: 1, now_us: 2 }))?.type, 'hello');
  assert.equal(readMessage(bytes({ type: 'state', at_us: 1, items: [{ topic: 'queues', queues: [] }] }))?.type, 'state');
  for (const other of [null, 7, [], {}, { type: 'news' }, { type: 'tick' }, { type: 'hello' }, { type: 'state', items: 3 }, { type: 'state', items: [null] }]) {
    assert.equal(readMessage(bytes(other)), null);
  }
});

test('instants of this millennium survive as they are', () => {
  const at_us = 4_102_444_800_123_456;
  assert.equal((readMessage(bytes({ type: 'tick', at_us, now_us: at_us, feed: 'up' })) as { at_us: number }).at_us, at_us);
});

test('bytes that are no msgpack throw, which the connection counts', () => {
  assert.throws(() => readMessage(new Uint8Array([0xc1]).buffer));
});

test('asks for topics', () => assert.deepEqual(decode(subscribeMessage(['queues'])), { op: 'subscribe', topics: ['queues'] }));
