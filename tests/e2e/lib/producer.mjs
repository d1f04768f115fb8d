// A producer of events: a DEALER socket of ZeroMQ's wire protocol (ZMTP 3.0, no security) and the little msgpack it takes.
import { connect } from 'node:net';

function pack(value) {
  if (Number.isInteger(value)) {
    const b = Buffer.alloc(9);
    b[0] = 0xcf;
    b.writeBigUInt64BE(BigInt(value), 1);
    return b;
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from([0xd9, text.length]), text]);
  }
  const [head, parts] = Array.isArray(value) ? [0xdc, value] : [0xde, Object.entries(value).flat()];
  const n = Array.isArray(value) ? parts.length : parts.length / 2;
  return Buffer.concat([Buffer.from([head, n >> 8, n & 255]), ...parts.map(pack)]);
}

/** What replies are made of: small maps, texts and whole numbers. */
function unpack(b, at = { n: 0 }) {
  const tag = b[at.n++];
  const take = (n) => b.subarray(at.n, (at.n += n));
  if (tag < 0x80) return tag;
  if (tag >= 0xa0 && tag < 0xc0) return take(tag & 31).toString();
  if (tag === 0xd9) return take(take(1)[0]).toString();
  if (tag === 0xda) return take(take(2).readUInt16BE()).toString();
  if (tag === 0xcc) return take(1)[0];
  if (tag === 0xcd) return take(2).readUInt16BE();
  if (tag === 0xce) return take(4).readUInt32BE();
  if (tag >= 0x80 && tag < 0x90) return Object.fromEntries(Array.from({ length: tag & 15 }, () => [unpack(b, at), unpack(b, at)]));
  throw new Error(`a reply holds 0x${tag.toString(16)}`);
}

function frame(body, flags = 0) {
  const long = body.length > 255;
  const head = Buffer.alloc(long ? 9 : 2);
  head[0] = flags | (long ? 2 : 0);
  if (long) head.writeBigUInt64BE(BigInt(body.length), 1);
  else head[1] = body.length;
  return Buffer.concat([head, body]);
}

function property(name, value) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, Buffer.from(value)]);
}

export class Producer {
  static async connect(port) {
    const p = new Producer();
    p.socket = connect(port, '127.0.0.1');
    p.socket.on('error', () => {});
    p.bytes = Buffer.alloc(0);
    p.waiting = [];
    p.socket.on('data', (more) => p.read(more));
    p.socket.write(Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]), Buffer.from('NULL'.padEnd(20, '\0')), Buffer.alloc(32)]));
    p.socket.write(frame(Buffer.concat([Buffer.from([5]), Buffer.from('READY'), property('Socket-Type', 'DEALER')]), 4));
    await new Promise((done) => (p.ready = done));
    return p;
  }
  read(more) {
    this.bytes = Buffer.concat([this.bytes, more]);
    if (!this.greeted) {
      if (this.bytes.length < 64) return;
      this.bytes = this.bytes.subarray(64);
      this.greeted = true;
    }
    for (;;) {
      const long = (this.bytes[0] & 2) !== 0;
      const head = long ? 9 : 2;
      if (this.bytes.length < head) return;
      const size = long ? Number(this.bytes.readBigUInt64BE(1)) : this.bytes[1];
      if (this.bytes.length < head + size) return;
      const [flags, body] = [this.bytes[0], this.bytes.subarray(head, head + size)];
      this.bytes = this.bytes.subarray(head + size);
      if ((flags & 4) !== 0) this.ready();
      else this.waiting.shift()?.(unpack(body));
    }
  }
  /** The collector's reply: {ok} or {error, index}. */
  send(events) {
    const reply = new Promise((done) => this.waiting.push(done));
    this.socket.write(frame(pack(events)));
    return reply;
  }
  close() { this.socket.destroy(); }
}
