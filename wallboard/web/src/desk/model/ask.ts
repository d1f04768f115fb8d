// Questions to the server's API. What it refuses is told in words; a question that nobody waits for any more is broken off.

export interface Problem {
  kind: 'absent' | 'refused' | 'unready' | 'late' | 'wrong' | 'network' | 'busy';
  said: string; // by the server; empty where it said nothing
}

export type Answer<T> = { data: T; problem: null } | { data: null; problem: Problem };

const KINDS: Record<number, Problem['kind']> = { 400: 'wrong', 403: 'refused', 404: 'absent', 429: 'busy', 503: 'unready', 504: 'late' };

export async function ask<T>(path: string, options: RequestInit = {}): Promise<Answer<T>> {
  try {
    const response = await fetch(path, options);
    if (!response.ok) return { data: null, problem: { kind: KINDS[response.status] ?? 'wrong', said: await sentence(response) } };
    return { data: (await response.json()) as T, problem: null };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return { data: null, problem: { kind: 'network', said: '' } };
  }
}

async function sentence(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: unknown };
    return typeof error === 'string' ? error : `${response.status}`;
  } catch {
    return `${response.status}`;
  }
}

// query -- a path with its parameters; what is not given is left out.
export function query(path: string, parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== '');
  return given.length === 0 ? path : `${path}?${given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}
