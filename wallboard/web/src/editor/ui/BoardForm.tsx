// What holds for the whole board; its file and copies.
import { useState } from 'preact/hooks';
import { textIn } from '../../model/board';
import { usePage } from '../../ui/context';
import { saveBoard, yamlAddress } from '../model/api';
import { gridOf, validId, withField, withGrid } from '../model/document';
import { reworded, wordingIn } from '../model/wording';
import { useEditor } from './context';
import { Check, Choice, Group, Typed } from './fields';

export function BoardForm() {
  const { session, words, boards, say } = useEditor();
  const { language } = usePage().locale;
  const { doc } = session;
  const { field } = words;
  const bad = (key: string) => session.complaint?.tile === null && session.complaint.field === key;
  const set = (key: string, value: unknown) => session.edit(withField(doc, key, value), `board.${key}`);
  const title = (of: 'en' | 'zh-CN', label: string) => <Typed label={label} bad={bad('title')} value={wordingIn(doc.title, of)} onChange={(typed) => set('title', reworded(doc.title, of, typed) ?? doc.id)} />;
  const cells = (key: 'columns' | 'rows') => (typed: string) => {
    const count = Math.round(Number(typed));
    if (count < 1 || count > 48 || !session.edit(withGrid(doc, { [key]: count }), `board.${key}`)) say(words.noRoom);
  };
  const from = (key: 'theme' | 'palette', keys: readonly string[]) => (
    <Choice label={field[key]} bad={bad(key)} value={doc[key] as string | undefined} usual={words.usual} options={keys.map((one) => ({ key: one, text: (words[key] as Record<string, string>)[one]! }))} onChange={(value) => set(key, value)} />
  );
  const others = boards.filter(({ id }) => id !== doc.id).map(({ id, title: said }) => ({ key: id, text: textIn(said, language) || id }));
  return (
    <>
      <Group title={words.group.look}>
        {title('en', field.titleEn)}
        {title('zh-CN', field.titleZh)}
        {from('theme', ['dark', 'light', 'auto'])}
        {from('palette', ['default', 'colour-blind', 'red-up'])}
        <Check label={field.sound} value={doc.sound === true} onChange={(on) => set('sound', on || undefined)} />
        <Check label={field.drift} value={doc.drift === true} onChange={(on) => set('drift', on || undefined)} />
      </Group>
      <Group title={words.group.grid}>
        <Typed label={field.columns} bad={bad('columns')} type="number" value={String(gridOf(doc).columns)} onChange={cells('columns')} />
        <Typed label={field.rows} bad={bad('rows')} type="number" value={String(gridOf(doc).rows)} onChange={cells('rows')} />
      </Group>
      <Group title={words.group.turns}>
        <Choice label={field.next} bad={bad('next')} value={doc.next as string | undefined} usual={words.none} options={others} onChange={(value) => set('next', value)} />
        <Typed label={field.next_s} bad={bad('next_s')} type="number" value={String(doc.next_s ?? '')} onChange={(typed) => set('next_s', typed === '' ? undefined : Math.round(Number(typed)))} />
      </Group>
      <NightForm bad={bad('night')} />
      <Files />
    </>
  );
}

function NightForm({ bad }: { bad: boolean }) {
  const { session, words } = useEditor();
  const { field } = words;
  const night = (session.doc.night ?? {}) as Record<string, unknown>;
  const set = (key: string, value: unknown) => {
    const next = withField(night, key, value);
    const empty = next.from === undefined && next.to === undefined;
    session.edit(withField(session.doc, 'night', empty ? undefined : next), `night.${key}`);
  };
  const typed = (key: 'from' | 'to' | 'zone', label: string) => (
    <Typed label={label} bad={bad} type={key === 'zone' ? 'text' : 'time'} {...(key === 'zone' ? { list: 'zones' } : {})} value={String(night[key] ?? '')} onChange={(value) => set(key, value || undefined)} />
  );
  return (
    <Group title={words.group.night}>
      {typed('from', field.nightFrom)}
      {typed('to', field.nightTo)}
      {typed('zone', field.nightZone)}
      <Typed label={field.brightness} bad={bad} type="number" value={typeof night.brightness === 'number' ? String(Math.round(night.brightness * 100)) : ''} onChange={(value) => set('brightness', value === '' ? undefined : Number(value) / 100)} />
    </Group>
  );
}

function Files() {
  const { session, words, say, href } = useEditor();
  const [name, setName] = useState('');
  const [sure, setSure] = useState(false);
  const { action } = words;
  const copy = async () => {
    if (!validId(name)) return say(words.choose.idBad);
    const outcome = await saveBoard({ ...session.doc, id: name }, 0);
    if (outcome.kind === 'done') location.assign(href(`/edit/${name}`));
    else if (outcome.kind === 'conflict') say(words.choose.taken);
    else say('said' in outcome ? words.notice.failed(outcome.said) : words.notice.unreachable);
  };
  const remove = async () => {
    setSure(false);
    if (await session.remove()) location.assign(href('/edit'));
  };
  const take = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file && (await session.importYaml(await file.text()))) say(words.say.saved(String(session.rev)));
    input.value = '';
  };
  return (
    <Group title={words.group.file}>
      <p class="help">{action.exportHint}</p>
      <a class="button" data-export href={yamlAddress(session.id)} download={`${session.id}.yaml`}>{action.export}</a>
      <p class="help">{action.importHint}</p>
      <label class="button">
        {action.import}
        <input type="file" class="hidden-label" accept=".yaml,.yml" disabled={session.readOnly} onChange={(event) => void take(event.currentTarget)} />
      </label>
      <Typed label={action.copyName} value={name} onChange={setName} />
      <button type="button" class="button" data-copy disabled={session.readOnly} onClick={() => void copy()}>{action.duplicate}</button>
      {session.origin === 'saved' && (
        <div class="actions">
          {sure ? (
            <>
              <span>{action.sure}</span>
              <button type="button" class="button" data-sure onClick={() => void remove()}>{action.yes}</button>
              <button type="button" class="button" onClick={() => setSure(false)}>{action.no}</button>
            </>
          ) : (
            <button type="button" class="button" data-delete disabled={session.readOnly} onClick={() => setSure(true)}>{action.delete}</button>
          )}
        </div>
      )}
    </Group>
  );
}
