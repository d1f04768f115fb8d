// The one WebSocket of a page: opens, subscribes, notices silence, comes back by itself, for ever.
// It knows nothing of what the messages mean; whoever owns it is told of each message, opening and loss.
import { backoffMs } from './backoff';
import { readMessage, SUBPROTOCOL, subscribeMessage, type Message } from './protocol';

const SILENCE_MS = 10_000; // the server ticks every second: this long without a byte is a dead connection
const OPEN_LIMIT_MS = 10_000;

export interface ConnectionEvents {
  opened(): void;
  lost(): void;
  message(message: Message): void;
}

export class Connection {
  private socket: WebSocket | null = null;
  private tries = 0;
  private watchdog = 0;
  private retry = 0;
  private topics: string[] = [];
  undecodable = 0; // messages that were none; kept for the console of whoever debugs a display

  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
  ) {}

  open(): void {
    window.clearTimeout(this.retry);
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    this.watch(OPEN_LIMIT_MS);
    socket.onopen = () => {
      this.events.opened();
      this.send();
      this.watch(SILENCE_MS);
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.receive(event.data);
    socket.onclose = () => this.drop(socket);
  }

  // subscribe -- the whole list each time, so that a new connection asks for exactly what the page shows.
  subscribe(topics: string[]): void {
    if (topics.length === this.topics.length && topics.every((topic, i) => topic === this.topics[i])) return;
    this.topics = topics;
    this.send();
  }

  // retryNow -- the operating system says that the network is back.
  retryNow(): void {
    if (this.socket === null) this.open();
  }

  private send(): void {
    if (this.socket?.readyState === WebSocket.OPEN && this.topics.length > 0) this.socket.send(subscribeMessage(this.topics));
  }

  private receive(bytes: ArrayBuffer): void {
    this.watch(SILENCE_MS);
    let message: Message | null = null;
    try {
      message = readMessage(bytes);
    } catch {
      this.undecodable++;
    }
    if (message === null) return;
    this.tries = 0;
    this.events.message(message);
  }

  private watch(limitMs: number): void {
    window.clearTimeout(this.watchdog);
    this.watchdog = window.setTimeout(() => {
      const socket = this.socket;
      socket?.close();
      if (socket) this.drop(socket); // a dead peer never answers the close: do not wait for it
    }, limitMs);
  }

  private drop(socket: WebSocket): void {
    if (this.socket !== socket) return;
    window.clearTimeout(this.watchdog);
    this.socket = null;
    socket.onmessage = null;
    this.events.lost();
    this.retry = window.setTimeout(() => this.open(), backoffMs(this.tries++, Math.random));
  }
}
