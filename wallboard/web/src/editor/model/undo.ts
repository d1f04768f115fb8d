// Steps back and forth. What is typed into one field is one step: a change with the same name as the last joins it.
const STEPS_MAX = 200;

export class Undo<T> {
  private past: T[] = [];
  private future: T[] = [];
  private lastName = '';

  constructor(public now: T) {}

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  // change -- `name`: what kind of change it is; empty: a step of its own.
  change(next: T, name = ''): void {
    if (next === this.now) return;
    if (name === '' || name !== this.lastName) this.past = [...this.past, this.now].slice(-STEPS_MAX);
    this.lastName = name;
    this.future = [];
    this.now = next;
  }

  // settle -- whatever comes next is a step of its own.
  settle(): void {
    this.lastName = '';
  }

  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.now);
    this.now = before;
    this.settle();
  }

  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.now);
    this.now = after;
    this.settle();
  }
}
