// The board under the brush, shown by the display's own store: the page says what it is, not the server.
import { Shelf } from '../../model/shelf';
import type { BoardDoc } from './document';

export class Easel extends Shelf {
  constructor(id: string, monotonicMs: () => number) {
    super(id, null, monotonicMs);
    this.stay();
  }

  put(doc: BoardDoc): void {
    super.told(this.id, { ...doc, id: this.id, next: undefined });
  }

  override told(): void {
    // what was saved elsewhere does not change what is being edited here
  }

  override topics(): string[] {
    return [];
  }
}
