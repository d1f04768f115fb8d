// What the editor asks of the server, and what it may answer. Refusals are values: the page tells them in words.
import { asBoard, type BoardDoc } from './document';

export interface Listed {
  id: string;
  title: BoardDoc['title'];
  rev: number;
  origin: 'built-in' | 'file' | 'saved';
  editable: boolean;
}

export interface Revision {
  rev: number;
  saved_us: number;
  deleted: boolean;
}

export interface Names {
  queues: string[];
  groups: string[];
  agents: { name: string; label: string }[];
}

export type Outcome = { kind: 'done'; rev: number } | { kind: 'conflict'; rev: number } | { kind: 'refused'; said: string } | { kind: 'failed'; said: string } | { kind: 'readOnly' } | { kind: 'unreachable' };

const at = (id: string) => `/api/v1/boards/${encodeURIComponent(id)}`;

async function get<T>(path: string): Promise<{ status: number; data: T | null }> {
  try {
    const response = await fetch(path);
    return { status: response.status, data: response.ok ? ((await response.json()) as T) : null };
  } catch {
    return { status: 0, data: null };
  }
}

export const getBoard = (id: string, rev?: number) => get<Record<string, unknown> & { rev: number; origin: Listed['origin'] }>(at(id) + (rev === undefined ? '' : `?rev=${rev}`));
export const getBoards = async (): Promise<Listed[] | null> => (await get<{ boards: Listed[] }>('/api/v1/boards')).data?.boards ?? null;
export const getHistory = async (id: string): Promise<Revision[]> => (await get<{ revs: Revision[] }>(`${at(id)}/history`)).data?.revs ?? [];
export const yamlAddress = (id: string) => `${at(id)}?format=yaml`;

// getNames -- who and what a tile can be about, as far as the server knows them now.
export async function getNames(): Promise<Names> {
  const [queues, groups, agents] = await Promise.all([
    get<{ items: { name: string }[] }>('/api/v1/kpi?scope=queue&window=now'),
    get<{ items: { name: string }[] }>('/api/v1/kpi?scope=group&window=now'),
    get<{ agents: Names['agents'] }>('/api/v1/agents'),
  ]);
  const names = (items: { name: string }[] | undefined) => (items ?? []).map(({ name }) => name).sort();
  return { queues: names(queues.data?.items), groups: names(groups.data?.items), agents: agents.data?.agents ?? [] };
}

async function send(method: string, id: string, rev: number | null, type?: string, body?: string): Promise<Outcome> {
  try {
    const headers = { ...(type ? { 'Content-Type': type } : {}), ...(rev === null ? {} : { 'If-Match': `"${rev}"` }) };
    const response = await fetch(at(id), { method, headers, ...(body === undefined ? {} : { body }) });
    return outcomeOf(response.status, (await response.json().catch(() => ({}))) as { rev?: number; error?: string });
  } catch {
    return { kind: 'unreachable' };
  }
}

// outcomeOf -- what an answer means to whoever saves.
export function outcomeOf(status: number, { rev = 0, error }: { rev?: number; error?: string }): Outcome {
  if (status === 200) return { kind: 'done', rev };
  if (status === 409) return { kind: 'conflict', rev };
  const said = error ?? String(status);
  if (status === 403 && said.includes('--data')) return { kind: 'readOnly' };
  return { kind: status === 400 || status === 413 ? 'refused' : 'failed', said };
}

// saveBoard, importYaml, deleteBoard -- `rev`: the revision that it begins from; null: whatever there is.
export const saveBoard = (doc: BoardDoc, rev: number | null) => send('PUT', doc.id, rev, 'application/json', JSON.stringify(doc));
export const importYaml = (id: string, yaml: string, rev: number | null) => send('PUT', id, rev, 'application/yaml', asBoard(yaml, id));
export const deleteBoard = (id: string, rev: number | null) => send('DELETE', id, rev);
