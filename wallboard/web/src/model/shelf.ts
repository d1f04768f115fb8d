// Which board is on the wall. The one of the address at first; where boards name each other as `next`, they take turns.
// The next one is known, and what it shows was sent, before it is drawn: turning shows no empty tile.
import { readBoard, type Board } from './board';

const UNKNOWN_AFTER_MS = 2_000; // connected for this long, and still not told: the server has no such board
const PRELOAD_MS = 6_000;

export type Shown =
  | { kind: 'waiting' }
  | { kind: 'board'; board: Board; ownCopy: boolean } // ownCopy: the page's, since the server has none
  | { kind: 'unknown'; id: string };

export class Shelf {
  private readonly boards = new Map<string, Board | null>(); // null: the server said that it is gone
  private askedAtMs: number | null = null;
  private turnedAtMs: number | null = null;
  private turns = true;

  constructor(
    public id: string,
    private readonly own: Board | null, // brought along by the page
    private readonly monotonicMs: () => number,
  ) {}

  // topics -- of the board shown and of the next one.
  topics(): string[] {
    const { next } = this.board() ?? {};
    return [...new Set([this.id, ...(next === undefined ? [] : [next])])].map((id) => `board/${id}`);
  }

  told(id: string, document: unknown): void {
    this.boards.set(id, document === null ? null : readBoard(document));
    for (const known of this.boards.keys()) if (known !== this.id && known !== this.board()?.next) this.boards.delete(known);
  }

  stay(): void {
    this.turns = false;
  }

  shown(connected: boolean): Shown {
    const now = this.monotonicMs();
    if (connected) this.askedAtMs ??= now;
    const board = this.boards.get(this.id);
    if (board) return { kind: 'board', board, ownCopy: false };
    const late = this.askedAtMs !== null && now - this.askedAtMs > UNKNOWN_AFTER_MS;
    if (board === undefined && !late) return { kind: 'waiting' };
    return this.own?.id === this.id ? { kind: 'board', board: this.own, ownCopy: true } : { kind: 'unknown', id: this.id };
  }

  // upcoming -- the next board, when it is about to be shown.
  upcoming(): Board | null {
    const board = this.board();
    if (!board || this.turnedAtMs === null || !this.turns) return null;
    return this.monotonicMs() - this.turnedAtMs >= board.nextMs - PRELOAD_MS ? this.nextBoard(board) : null;
  }

  // turn -- once a second: true when another board is to be shown now.
  turn(live: boolean): boolean {
    const now = this.monotonicMs();
    const board = this.board();
    this.turnedAtMs ??= board ? now : null;
    if (!board || !live || !this.turns || this.turnedAtMs === null || now - this.turnedAtMs < board.nextMs) return false;
    const next = this.nextBoard(board);
    if (!next) return false;
    this.id = next.id;
    this.turnedAtMs = now;
    return true;
  }

  private board(): Board | null {
    return this.boards.get(this.id) ?? null;
  }

  private nextBoard(board: Board): Board | null {
    return board.next === undefined || board.next === this.id ? null : (this.boards.get(board.next) ?? null);
  }
}
