// Whose numbers: all, a queue, a group or an agent, as an address and the API write it.

export type Scope = 'all' | 'queue' | 'group' | 'agent';

export interface Owner {
  scope: Scope;
  name: string; // empty for all
}

export const ALL: Owner = { scope: 'all', name: '' };

export function readOwner(text: string | undefined): Owner {
  const found = /^(queue|group|agent):(.+)$/s.exec(text ?? '');
  return found ? { scope: found[1] as Scope, name: found[2]! } : ALL;
}

export function writeOwner({ scope, name }: Owner): string {
  return scope === 'all' ? '' : `${scope}:${name}`;
}

// parameters -- of the API, for this owner alone.
export function parameters({ scope, name }: Owner): Record<string, string> {
  return scope === 'all' ? { group: 'all' } : { [scope]: name };
}
