// One board being edited: its steps, what was saved last, what the server said. Draws nothing; tells `changed`.
import { deleteBoard, getBoard, importYaml, saveBoard, type Listed, type Outcome } from './api';
import { complaintOf, documentOf, emptyBoard, indexOf, type BoardDoc, type Complaint, type TileDoc } from './document';
import { Undo } from './undo';

export type Notice = { kind: 'absent' | 'readOnly' | 'unreachable' } | { kind: 'conflict'; rev: number } | { kind: 'failed' | 'wrong'; said: string };

export class Session {
  readonly steps: Undo<BoardDoc>;
  state: 'loading' | 'ready' | 'saving' = 'loading';
  rev = 0;
  origin: Listed['origin'] | null = null; // null: the server has no such board
  selected: string | null = null;
  notice: Notice | null = null;
  complaint: Complaint | null = null;
  readOnly = false;
  private saved: BoardDoc | null = null;

  constructor(
    readonly id: string,
    private readonly changed: () => void,
  ) {
    this.steps = new Undo(emptyBoard(id));
  }

  get doc(): BoardDoc {
    return this.steps.now;
  }

  get unsaved(): boolean {
    return this.state !== 'loading' && this.saved !== this.doc;
  }

  tile(): TileDoc | null {
    return this.doc.tiles.find(({ id }) => id === this.selected) ?? null;
  }

  // load -- the server's latest; what was here before can be had back by undoing.
  async load(): Promise<void> {
    const { status, data } = await getBoard(this.id);
    const first = this.state === 'loading';
    this.notice = data ? null : { kind: status === 404 ? 'absent' : 'unreachable' };
    if (data) this.took(documentOf(data), data.rev, data.origin, first);
    if (status === 404) this.origin = null;
    this.state = 'ready';
    this.changed();
  }

  private took(doc: BoardDoc, rev: number, origin: Listed['origin'] | null, first = false): void {
    if (first) this.steps.now = doc;
    else this.steps.change(doc);
    this.saved = doc;
    this.rev = rev;
    this.origin = origin;
    this.complaint = null;
    this.keepSelection();
  }

  select(id: string | null): void {
    if (this.selected === id) return;
    this.selected = id;
    this.steps.settle();
    this.changed();
  }

  // edit -- false: nothing was changed, since there is no such next document.
  edit(next: BoardDoc | null, name = ''): boolean {
    if (next === null) return false;
    this.steps.change(next, name);
    this.stepped();
    return true;
  }

  undo(): void {
    this.steps.undo();
    this.stepped();
  }

  redo(): void {
    this.steps.redo();
    this.stepped();
  }

  // stepped -- what the server said was about another document.
  private stepped(): void {
    this.complaint = null;
    if (this.notice?.kind === 'wrong') this.notice = null;
    this.keepSelection();
    this.changed();
  }

  dismiss(): void {
    this.notice = null;
    this.changed();
  }

  async save(over: number = this.rev): Promise<boolean> {
    const doc = this.doc;
    const done = await this.sent(() => saveBoard(doc, over));
    if (done) this.saved = doc;
    if (done) this.origin = 'saved';
    this.changed();
    return done;
  }

  async importYaml(yaml: string): Promise<boolean> {
    const done = await this.sent(() => importYaml(this.id, yaml, this.rev));
    if (done) await this.load();
    this.changed();
    return done;
  }

  // remove -- true: it is gone for good; where one came along, that is there again.
  async remove(): Promise<boolean> {
    const done = await this.sent(() => deleteBoard(this.id, this.rev));
    if (done) await this.load();
    if (done && this.origin === null) this.saved = this.doc;
    this.changed();
    return done && this.origin === null;
  }

  // bring -- an earlier revision, to be looked at and saved.
  async bring(rev: number): Promise<void> {
    const { data } = await getBoard(this.id, rev);
    if (data) this.edit(documentOf(data));
    else this.notice = { kind: 'unreachable' };
    this.changed();
  }

  private async sent(ask: () => Promise<Outcome>): Promise<boolean> {
    if (this.state !== 'ready') return false;
    this.state = 'saving';
    this.notice = null;
    this.complaint = null;
    this.steps.settle();
    this.changed();
    const outcome = await ask();
    this.state = 'ready';
    if (outcome.kind === 'done') this.rev = outcome.rev;
    else this.refused(outcome);
    return outcome.kind === 'done';
  }

  private refused(outcome: Exclude<Outcome, { kind: 'done' }>): void {
    if (outcome.kind === 'refused') {
      this.notice = { kind: 'wrong', said: outcome.said };
      this.complaint = complaintOf(outcome.said);
      if (this.complaint.tile !== null) this.selected = this.doc.tiles[this.complaint.tile]?.id ?? this.selected;
    } else if (outcome.kind === 'readOnly') {
      this.readOnly = true;
      this.notice = { kind: 'readOnly' };
    } else this.notice = outcome;
  }

  private keepSelection(): void {
    if (this.selected !== null && indexOf(this.doc, this.selected) < 0) this.selected = null;
  }
}
