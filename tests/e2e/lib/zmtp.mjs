// A ZeroMQ DEALER in as many lines as it takes, for telling programs what no program of ours would tell them; and the bit
// of msgpack that goes with it.
import { connect } from 'node:net';

const GREETING = Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]), Buffer.from('NULL'.padEnd(20, '\0')), Buffer.alloc(32)]);
const READY = Buffer.concat([Buffer.from('\x05READY\x0bSocket-Type\0\0\0\x06DEALER', 'latin1')]);

function frame(flags, body) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length));
  return body.length < 256 ? Buffer.concat([Buffer.from([flags, body.length]), body]) : Buffer.concat([Buffer.from([flags | 2]), size, body]);
}

/** Connects; says when the peer has greeted. send(bytes): one message of one frame. */
export async function dealer(port) {
  const socket = connect(port, '127.0.0.1');
  await new Promise((done, failed) => socket.once('connect', done).once('error', failed));
  socket.write(Buffer.concat([GREETING, frame(4, READY)]));
  await new Promise((done) => socket.once('data', done));
  return { send: (bytes) => void socket.write(frame(0, bytes)), close: () => void socket.destroy() };
}

const head = (short, long, n, most) => (n < most ? Buffer.from([short | n]) : Buffer.from([long, n >> 8, n & 255]));

/** Numbers (whole), strings, Buffers (as bin), arrays, objects. */
export function pack(value) {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 0xd3);
    bytes.writeBigInt64BE(BigInt(value), 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([head(0xa0, 0xda, Buffer.byteLength(value), 32), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from([0xc5, value.length >> 8, value.length & 255]), value]);
  if (Array.isArray(value)) return Buffer.concat([head(0x90, 0xdc, value.length, 16), ...value.map(pack)]);
  const pairs = Object.entries(value);
  return Buffer.concat([head(0x80, 0xde, pairs.length, 16), ...pairs.flat().map(pack)]);
}
