// Where one is, as an address: everything a supervisor sees can be sent as a link. All of it stands in the query, so the
// server needs to know one path only; what is at its default is left out.

export const VIEWS = ['now', 'agents', 'queue', 'group', 'agent', 'history', 'lost', 'quality', 'alerts', 'boards'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  view: ViewName;
  at: Record<string, string>; // what the view shows: a name, a window, an order, ..
}

export const KEPT = ['lang', 'theme', 'tz'] as const; // how it is shown: stays from view to view

export function parseRoute(search: string): Route {
  const asked = new URLSearchParams(search);
  const view = VIEWS.find((one) => one === asked.get('view')) ?? 'now';
  const at: Record<string, string> = {};
  for (const [key, value] of asked) if (key !== 'view' && !isKept(key)) at[key] = value;
  return { view, at };
}

// searchOf -- the address of a view, with what the present one says of how things are shown.
export function searchOf(route: Route, present: string): string {
  const now = new URLSearchParams(present);
  const next = new URLSearchParams();
  if (route.view !== 'now') next.set('view', route.view);
  for (const [key, value] of Object.entries(route.at)) if (value !== '') next.set(key, value);
  for (const key of KEPT) {
    const value = now.get(key);
    if (value !== null) next.set(key, value);
  }
  const text = next.toString();
  return text === '' ? '/' : `/?${text}`;
}

// withAt -- the same view with something of it changed; an empty text takes it away.
export function withAt(route: Route, change: Record<string, string>): Route {
  return { view: route.view, at: Object.fromEntries(Object.entries({ ...route.at, ...change }).filter(([, value]) => value !== '')) };
}

function isKept(key: string): boolean {
  return (KEPT as readonly string[]).includes(key);
}
