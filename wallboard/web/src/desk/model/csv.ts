// A table as a file that a spreadsheet opens right: UTF-8 with a byte order mark, RFC 4180, numbers bare with a point,
// instants in ISO 8601 with their zone. A text that a spreadsheet would take for a formula gets an apostrophe before it,
// as the server's own tables do.

export type Cell = string | number | null;

const BYTE_ORDER_MARK = '\ufeff';

export function csvText(rows: readonly (readonly Cell[])[]): string {
  return BYTE_ORDER_MARK + rows.map((row) => row.map(cellText).join(',') + '\r\n').join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return text !== cell || /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

// fileName -- of what is shown: only what every file system takes.
export function fileName(...parts: string[]): string {
  return parts.map((part) => part.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '-').trim()).filter((part) => part !== '').join('_') + '.csv';
}
