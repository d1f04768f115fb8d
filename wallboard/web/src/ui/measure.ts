// How wide a text will be, without asking the page: that would make it lay everything out. Widths of single characters
// are taken once from a canvas; all digits count as the widest, as they are drawn (tabular figures).

const SAMPLE_PX = 100;
const CHARACTERS_MAX = 4000; // far more than names on one wall have

class Measure {
  private readonly widths = new Map<string, number>();
  private readonly canvas = document.createElement('canvas').getContext('2d');

  constructor(private readonly weight: number) {}

  // em -- the width of a text, in units of its font size.
  em(text: string): number {
    let sum = 0;
    for (const character of text) sum += this.width(/\d/.test(character) ? '0' : character);
    return sum / SAMPLE_PX;
  }

  private width(character: string): number {
    let width = this.widths.get(character);
    if (width !== undefined) return width;
    if (this.widths.size > CHARACTERS_MAX) this.widths.clear();
    width = this.canvas === null ? SAMPLE_PX : this.ask(this.canvas, character);
    this.widths.set(character, width);
    return width;
  }

  private ask(canvas: CanvasRenderingContext2D, character: string): number {
    canvas.font = `${this.weight} ${SAMPLE_PX}px ${getComputedStyle(document.documentElement).fontFamily}`;
    return character === '0' ? Math.max(...'0123456789'.split('').map((digit) => canvas.measureText(digit).width)) : canvas.measureText(character).width;
  }
}

export const bold = new Measure(600);
export const regular = new Measure(400);

const SLACK = 1.02; // kerning and rounding

// fontFor -- the font size in which `text` is no wider than `width`, at most `most`.
export function fontFor(text: string, width: number, most: number, measure = bold): number {
  return Math.max(1, Math.min(most, width / (measure.em(text) * SLACK)));
}

// fitting -- as many of the notes, from the first on, as stand beside each other.
export function fitting(notes: string[], width: number, em: number): string[] {
  const GAP_EM = 0.9;
  let room = width / em;
  return notes.filter((note, i) => {
    room -= regular.em(note) * SLACK + (i === 0 ? 0 : GAP_EM);
    return room >= 0;
  });
}

// linesFor -- over how many lines a text of words breaks, at a font size; Chinese may break anywhere.
export function linesFor(text: string, width: number, em: number, measure = bold): number {
  let lines = 1;
  let used = 0;
  for (const word of text.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+/g) ?? []) {
    const wide = measure.em(word) * em * SLACK;
    if (used > 0 && used + measure.em(word.trimEnd()) * em * SLACK > width) {
      lines++;
      used = 0;
    }
    lines += Math.max(0, Math.ceil(wide / width) - 1);
    used += wide;
  }
  return lines;
}
