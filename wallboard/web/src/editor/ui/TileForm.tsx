// All that can be said of the chosen tile: the fields of its kind, in its order.
import { KINDS, type Kind } from '../../model/board';
import { isMoment, rootOf } from '../../model/figure';
import { usePage } from '../../ui/context';
import { addTile, placeTile, removeTile, retiled, withField, withTile, type TileDoc } from '../model/document';
import { CHANNELS, FIELDS, readIn, scaleOf, SCOPES, shownIn, STATES, TILE_WINDOWS, usualOf } from '../model/kinds';
import { reworded, wordingIn } from '../model/wording';
import { useEditor } from './context';
import { Check, Choice, Group, Many, Typed, type Option } from './fields';
import { useKpis, useNameOf } from './words';

const WHAT = ['kpi', 'more', 'group', 'queues', 'columns', 'sort', 'states', 'of', 'order', 'limit', 'window', 'text', 'zone', 'seconds'];
const WHOM = ['scope', 'name', 'channel'];
const LEVELS = ['goal', 'warning', 'alert', 'better', 'hysteresis'];
const MOST: Record<string, number> = { more: 3, columns: 12, queues: 200, states: 7 };

interface Props {
  tile: TileDoc;
}

export function TileForm({ tile }: Props) {
  const { words } = useEditor();
  const shown = (keys: string[]) => keys.filter((key) => FIELDS[tile.kind].includes(key) && asked(tile, key));
  const levels = shown(LEVELS);
  const whom = shown(WHOM);
  return (
    <>
      <Group title={words.group.what}>
        <KindField tile={tile} />
        {shown(WHAT).map((key) => <Field key={key} tile={tile} name={key} />)}
        <Help tile={tile} />
        <Wording tile={tile} name="title" />
      </Group>
      {whom.length > 0 && <Group title={words.group.whom}>{whom.map((key) => <Field key={key} tile={tile} name={key} />)}</Group>}
      {levels.length > 0 && <Group title={words.group.levels}>{levels.map((key) => <Field key={key} tile={tile} name={key} />)}</Group>}
      <Group title={words.group.place}>{(['x', 'y', 'w', 'h'] as const).map((key) => <PlaceField key={key} tile={tile} name={key} />)}</Group>
      <Actions tile={tile} />
    </>
  );
}

// asked -- what makes no sense beside the rest is not asked for.
function asked(tile: TileDoc, key: string): boolean {
  if (key === 'name') return tile.scope !== undefined && tile.scope !== 'all';
  if (key === 'window') return typeof tile.kpi !== 'string' || !isMoment(tile.kpi) || (Array.isArray(tile.more) && tile.more.length > 0);
  if (key === 'queues') return tile.group === undefined;
  if (key === 'group') return tile.queues === undefined;
  if (LEVELS.includes(key)) return tile.kpi !== 'agents';
  return true;
}

function useSet(tile: TileDoc) {
  const { session } = useEditor();
  const at = session.doc.tiles.indexOf(tile);
  return {
    bad: (key: string) => session.complaint?.tile === at && session.complaint.field === key,
    set: (key: string, value: unknown) => session.edit(withTile(session.doc, tile.id, (one) => settled(withField(one, key, value), key)), `${tile.id}.${key}`),
  };
}

// settled -- what another choice makes impossible goes with it.
function settled(tile: TileDoc, key: string): TileDoc {
  if (key === 'scope') return withField(tile, 'name', undefined);
  if (key === 'kpi' && typeof tile.kpi === 'string') {
    const cleared = LEVELS.reduce((rest, level) => withField(rest, level, undefined), tile);
    return (tile.window === 'now') !== isMoment(tile.kpi) ? withField(cleared, 'window', undefined) : cleared;
  }
  return tile;
}

function KindField({ tile }: Props) {
  const { session, words } = useEditor();
  const options = KINDS.map((key) => ({ key, text: words.kind[key] }));
  const change = (kind: Kind) => session.edit(withTile(session.doc, tile.id, (one) => retiled(one, kind, FIELDS[kind], usualOf(kind, words.kind.text))));
  return <Choice label={words.field.kind} value={tile.kind} options={options} onChange={(kind) => kind && change(kind as Kind)} />;
}

function useOptions(tile: TileDoc): (key: string) => Option[] {
  const { words, names } = useEditor();
  const { text } = usePage().locale;
  const kpis = useKpis();
  const agents = { key: 'agents', text: text.agents };
  const from = (keys: readonly string[], said: Record<string, string>) => keys.map((key) => ({ key, text: said[key] ?? key }));
  const plain = (keys: string[]) => keys.map((key) => ({ key, text: key }));
  return (key) => {
    if (key === 'kpi') return tile.kind === 'number' ? [agents, ...kpis] : kpis;
    if (key === 'more' || key === 'columns' || key === 'sort') return kpis;
    if (key === 'scope') return from(tile.kind === 'agents' || tile.kind === 'abandoned' ? ['all', 'queue'] : SCOPES, words.scope);
    if (key === 'channel') return from(CHANNELS, words.channel);
    if (key === 'window') return from(TILE_WINDOWS.filter((one) => one !== 'now'), text.window);
    if (key === 'better') return from(['high', 'low'], words.better);
    if (key === 'order') return from(['high', 'low'], words.order);
    if (key === 'of') return from(['queue', 'agent'], words.of);
    if (key === 'states') return from(STATES, text.agent);
    if (key === 'name' && tile.scope === 'agent') return names.agents.map(({ name, label }) => ({ key: name, text: label || name }));
    return plain(key === 'group' || tile.scope === 'group' ? names.groups : names.queues);
  };
}

function Field({ tile, name }: Props & { name: string }) {
  const { words } = useEditor();
  const { bad, set } = useSet(tile);
  const options = useOptions(tile);
  const label = words.field[name as keyof typeof words.field];
  const value = tile[name];
  const kpi = typeof tile.kpi === 'string' ? tile.kpi : '';
  if (name === 'text') return <Wording tile={tile} name="text" />;
  if (name === 'seconds') return <Check label={label} value={value !== false} onChange={(on) => set(name, on)} />;
  if (name === 'zone') return <Typed label={label} bad={bad(name)} value={String(value ?? '')} list="zones" onChange={(typed) => set(name, typed.trim() || undefined)} />;
  if (name === 'limit') return <Typed label={label} bad={bad(name)} type="number" value={String(value ?? '')} onChange={(typed) => set(name, typed === '' ? undefined : Math.round(Number(typed)))} />;
  if (['goal', 'warning', 'alert', 'hysteresis'].includes(name)) {
    return <Typed label={label} bad={bad(name)} type="number" unit={scaleOf(kpi).unit} value={shownIn(kpi, value)} onChange={(typed) => set(name, readIn(kpi, typed))} />;
  }
  if (name in MOST) return <Many label={label} bad={bad(name)} most={MOST[name]!} values={(value as string[] | undefined) ?? []} options={options(name)} onChange={(next) => set(name, next)} />;
  if (name === 'scope') return <Choice label={label} bad={bad(name)} value={String(value ?? 'all')} options={options(name)} onChange={(next) => set(name, next === 'all' ? undefined : next)} />;
  const must = name === 'kpi' || name === 'name';
  return <Choice label={label} bad={bad(name)} value={value as string | undefined} options={options(name)} {...(must ? {} : { usual: words.usual })} onChange={(next) => set(name, next)} />;
}

function Wording({ tile, name }: Props & { name: 'title' | 'text' }) {
  const { words } = useEditor();
  const { bad, set } = useSet(tile);
  const of = (language: 'en' | 'zh-CN', label: string) => (
    <Typed label={label} bad={bad(name)} lines={name === 'text'} value={wordingIn(tile[name], language)} onChange={(typed) => set(name, reworded(tile[name], language, typed))} />
  );
  return (
    <>
      {of('en', name === 'text' ? words.field.textEn : words.field.titleEn)}
      {of('zh-CN', name === 'text' ? words.field.textZh : words.field.titleZh)}
    </>
  );
}

// Help -- what the number means, from the table that the server tells.
function Help({ tile }: Props) {
  const { kpis, words } = useEditor();
  const { language } = usePage().locale;
  const row = kpis.find(({ key }) => key === rootOf(String(tile.kpi ?? '')));
  if (!row) return null;
  const filled: Record<string, string> = words.filled; // what each queue says of itself has no value here
  return (
    <p class="help">
      {row.help[language].replace(/\{(\w+)\}/g, (_, key: string) => filled[key] ?? '…')} <code>{row.formula}</code>
    </p>
  );
}

function PlaceField({ tile, name }: Props & { name: 'x' | 'y' | 'w' | 'h' }) {
  const { session, words, say } = useEditor();
  const { bad } = useSet(tile);
  const from = name === 'x' || name === 'y' ? 1 : 0; // people count columns from 1
  const change = (typed: string) => {
    const cells = Math.round(Number(typed)) - from;
    const { x, y, w, h } = tile;
    if (typed !== '' && !session.edit(placeTile(session.doc, tile.id, { x, y, w, h, [name]: cells }), `${tile.id}.${name}`)) say(words.noRoom);
  };
  return <Typed label={words.field[name]} bad={bad(name)} type="number" value={String(tile[name] + from)} onChange={change} />;
}

function Actions({ tile }: Props) {
  const { session, words, say } = useEditor();
  const nameOf = useNameOf();
  const copy = () => {
    const made = addTile(session.doc, tile);
    if (!made) return say(words.full);
    session.edit(made.doc);
    session.select(made.id);
    say(words.say.added(nameOf(tile)));
  };
  const remove = () => {
    session.edit(removeTile(session.doc, tile.id));
    say(words.say.removed(nameOf(tile)));
  };
  return (
    <div class="actions">
      <button type="button" class="button" onClick={copy}>{words.action.copyTile}</button>
      <button type="button" class="button" data-remove onClick={remove}>{words.action.removeTile}</button>
    </div>
  );
}
