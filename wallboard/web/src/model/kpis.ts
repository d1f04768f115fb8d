// What each number means, as the server tells it: GET /api/v1/kpis is the aggregator's own table. Asked for when the
// first explanation is wanted, so a wall that nobody points at never asks; and again at the next one where that failed.
import type { Language } from '../i18n';
import type { KpiItem, KpiKey } from './items';

type Texts = Record<Language, string>;

export interface Kpi {
  key: KpiKey;
  form: string;
  windows: string[]; // ["now"]: its value is this instant's, in whatever item it stands
  name: Texts;
  help: Texts; // with {threshold} {short} {goal} {window_h} to be filled in from the item
  formula: string;
  source: string;
  variants: Record<string, string>; // word -> formula, the default one first
}

export class Catalogue {
  private rows = new Map<string, Kpi>();
  private asking = false;

  constructor(
    private readonly ask: () => Promise<{ kpis: Kpi[] }>,
    private readonly changed: () => void,
  ) {}

  all(): Kpi[] {
    return [...this.rows.values()];
  }

  find(key: KpiKey): Kpi | undefined {
    return this.rows.get(key);
  }

  async want(): Promise<void> {
    if (this.asking || this.rows.size > 0) return;
    this.asking = true;
    try {
      this.rows = new Map((await this.ask()).kpis.map((row) => [row.key, row]));
      this.changed();
    } catch {
      // The next explanation asks again; the line at the top says meanwhile that the server is gone.
    } finally {
      this.asking = false;
    }
  }
}

export async function askServer(): Promise<{ kpis: Kpi[] }> {
  const response = await fetch('/api/v1/kpis');
  if (!response.ok) throw new Error(`/api/v1/kpis: ${response.status}`);
  return response.json();
}

// variantOf -- the word of the formula that a number of this item was worked out by; null: the default, or it has none.
export function variantOf(row: Kpi, item: KpiItem): string | null {
  const kind = row.key === 'fcr_provisional' || row.key === 'fcr_matured' ? 'fcr' : row.key;
  const [usual] = Object.keys(row.variants);
  const words: Record<string, string> = { ...item.variants };
  const word = words[kind];
  return usual === undefined || word === undefined || word === usual ? null : word;
}

// nothingCounted -- whether a number is absent because nothing was counted, as against absent at a window's edge.
export function nothingCounted(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && 'n' in value && value.n === 0;
}
