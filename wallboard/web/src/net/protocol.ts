// The messages of /ws, subprotocol floorcast.msgpack, and a decoder that trusts nothing about their shape.
import { decode, encode } from '@msgpack/msgpack';
import type { Item } from '../model/items';

export const SUBPROTOCOL = 'floorcast.msgpack';

export interface Hello {
  type: 'hello';
  version: string;
  build: string; // of the pages the server holds
  at_us: number; // as in a tick
  now_us: number;
}

export interface State {
  type: 'state';
  at_us: number;
  items: Item[];
}

export interface Tick {
  type: 'tick';
  at_us: number; // the aggregator's own time at its last heartbeat; 0: the server has not heard it yet
  now_us: number; // the server's time of day
  feed: 'up' | 'down';
  stall?: 'full' | 'checkpoint'; // the aggregator cannot write: full takes no events in
  stall_us?: number; // since when, by its clock
  why?: 'silent' | 'stuck' | 'clock'; // it is down
  age_ms?: number; // of the state, by the server's own watch; -1: nothing was heard yet
}

export type Message = Hello | State | Tick;

// readMessage -- null for what is no message of ours (a newer server may send kinds this page does not know).
export function readMessage(bytes: ArrayBuffer): Message | null {
  const value: unknown = decode(bytes);
  if (typeof value !== 'object' || value === null) return null;
  const message = value as Record<string, unknown>;
  switch (message.type) {
    case 'hello':
      return typeof message.now_us === 'number' ? (message as unknown as Hello) : null;
    case 'tick':
      return typeof message.now_us === 'number' && typeof message.at_us === 'number' ? (message as unknown as Tick) : null;
    case 'state':
      return Array.isArray(message.items) && message.items.every(isItem) ? (message as unknown as State) : null;
    default:
      return null;
  }
}

function isItem(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Item).topic === 'string';
}

export function subscribeMessage(topics: string[]): Uint8Array<ArrayBuffer> {
  return encode({ op: 'subscribe', topics });
}
