// What this browser remembers of its supervisor: chosen columns, the name that acknowledges alerts.

const KEYS = { columns: 'floorcast.desk.columns', name: 'floorcast.desk.name' } as const;

export function recall(key: keyof typeof KEYS): string | null {
  try {
    return localStorage.getItem(KEYS[key]);
  } catch {
    return null;
  }
}

export function keep(key: keyof typeof KEYS, value: string): void {
  try {
    localStorage.setItem(KEYS[key], value);
  } catch {
    // storage may be forbidden: the choice then lasts as long as the page
  }
}
