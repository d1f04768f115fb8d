// Plain sockets that speak HTTP and WebSocket by hand, from any loopback address: what a browser would never send can be sent.
import { connect } from 'node:net';

/** A connection: `text` is what came so far, `closed` a promise of its end. */
export function dial(port, from = '127.0.0.1') {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  const c = { socket, bytes: Buffer.alloc(0), open: true };
  socket.on('data', (b) => { c.bytes = Buffer.concat([c.bytes, b]); });
  socket.on('error', () => {});
  c.closed = new Promise((done) => socket.on('close', () => { c.open = false; done(); }));
  Object.defineProperty(c, 'text', { get: () => c.bytes.toString('latin1') });
  c.until = async (what, seconds = 15) => {
    const end = Date.now() + seconds * 1000;
    while (!what(c)) {
      if (!c.open && !what(c)) throw new Error(`closed before it came; came: ${c.text.slice(0, 500)}`);
      if (Date.now() > end) throw new Error(`not within ${seconds} s; came: ${c.text.slice(0, 500)}`);
      await new Promise((done) => setTimeout(done, 10));
    }
    return c;
  };
  return c;
}

/** The whole answer to one request with `Connection: close`: {status, head, body}. */
export async function ask(port, path, { from, method = 'GET', headers = {}, host = `127.0.0.1:${port}` } = {}) {
  const c = dial(port, from);
  const more = Object.entries({ ...(host === null ? {} : { Host: host }), ...headers, Connection: 'close' }).map(([k, v]) => `${k}: ${v}\r\n`).join('');
  c.socket.write(`${method} ${path} HTTP/1.1\r\n${more}\r\n`);
  await c.closed;
  return answer(c);
}

export function answer(c) {
  const [head, ...body] = c.text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.\d (\d+)/.exec(head)?.[1]), head, body: body.join('\r\n\r\n') };
}

/** A websocket after its upgrade; `say` sends a text message, `messages` are those of the server. */
export async function websocket(port, { from, headers = {} } = {}) {
  const c = dial(port, from);
  const more = Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('');
  c.socket.write(`GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`
    + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: floorcast.json\r\n${more}\r\n`);
  await c.until(() => c.text.includes('\r\n\r\n'));
  c.status = answer(c).status;
  c.bytes = c.bytes.subarray(c.text.indexOf('\r\n\r\n') + 4);
  c.say = (value) => {
    const text = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    c.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0]), text]));
  };
  c.frames = () => {
    const all = [];
    for (let at = 0; at + 2 <= c.bytes.length;) {
      let n = c.bytes[at + 1], head = 2;
      if (n === 126) { n = c.bytes.readUInt16BE(at + 2); head = 4; } else if (n === 127) { n = Number(c.bytes.readBigUInt64BE(at + 2)); head = 10; }
      if (at + head + n > c.bytes.length) break;
      all.push({ kind: c.bytes[at] & 15, payload: c.bytes.subarray(at + head, at + head + n) });
      at += head + n;
    }
    return all;
  };
  c.messages = (type) => c.frames().filter((f) => f.kind === 1).map((f) => JSON.parse(f.payload)).filter((m) => m.type === type);
  c.closeCode = () => c.frames().find((f) => f.kind === 8)?.payload.readUInt16BE(0);
  return c;
}
