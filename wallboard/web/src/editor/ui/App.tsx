// The editor of one board: what can be done with it at the top, its tiles, what can be said of them beside.
import { useEffect, useState } from 'preact/hooks';
import { LANGUAGES } from '../../i18n';
import { textIn, type Kind } from '../../model/board';
import type { TileView } from '../../model/tiles';
import { PageProvider, usePage, type Page } from '../../ui/context';
import { memo } from '../../ui/memo';
import type { Preferences } from '../../ui/preferences';
import { addTile, gridOf } from '../model/document';
import { newTile, PALETTE } from '../model/kinds';
import type { Notice } from '../model/session';
import { BoardForm } from './BoardForm';
import { Chooser } from './Chooser';
import { EditorProvider, useEditor, type Editor } from './context';
import { HistoryPanel } from './HistoryPanel';
import { useKeys } from './keys';
import { Stage } from './Stage';
import { TileForm } from './TileForm';
import { useNameOf } from './words';

interface Props {
  page: Page;
  editor: Editor;
  preferences: Preferences;
  tiles: TileView[];
  choosing: boolean;
  cut: boolean;
  said: string;
}

export function App({ page, editor, preferences, tiles, choosing, cut, said }: Props) {
  return (
    <PageProvider value={page}>
      <EditorProvider value={editor}>
        <Bar preferences={preferences} choosing={choosing} />
        {choosing ? <Chooser /> : <Board tiles={tiles} cut={cut} />}
        <p class="said" role="status" aria-live="polite" data-said>{said}</p>
      </EditorProvider>
    </PageProvider>
  );
}

function Bar({ preferences, choosing }: { preferences: Preferences; choosing: boolean }) {
  const { session, words, href, say } = useEditor();
  const { text, language } = usePage().locale;
  const next = LANGUAGES.find((one) => one !== language)!;
  const theme = preferences.theme === 'dark' ? 'light' : 'dark';
  const { bar } = words;
  const save = async () => {
    if (await session.save()) say(words.say.saved(String(session.rev)));
  };
  return (
    <header class="bar">
      <a class="skip" href="#form">{words.skip}</a>
      <a class="button" href={href(choosing ? '/' : '/edit')}>{choosing ? 'Floorcast' : words.boards}</a>
      {!choosing && (
        <>
          <h1>
            {textIn(session.doc.title, language)} <small class="tag">{session.id}</small>
          </h1>
          <span class="state">{session.state === 'saving' ? bar.saving : session.state === 'loading' ? bar.loading : session.unsaved || session.origin === null ? bar.unsaved : bar.saved}</span>
          <button type="button" class="button" data-undo disabled={!session.steps.canUndo} onClick={() => session.undo()}>{bar.undo}</button>
          <button type="button" class="button" data-redo disabled={!session.steps.canRedo} onClick={() => session.redo()}>{bar.redo}</button>
          <button type="button" class="button main" data-save disabled={session.state !== 'ready' || session.readOnly} onClick={() => void save()}>{bar.save}</button>
          <a class="button" href={href(`/d/${session.id}`)} target="_blank" rel="noopener">{bar.show}</a>
        </>
      )}
      <span class="spacer" />
      <button type="button" class="button" lang={next} aria-label={`${text.language.label}: ${text.language.other}`} onClick={() => preferences.setLanguage(next)}>{text.language.other}</button>
      <button type="button" class="button" aria-label={theme === 'dark' ? text.theme.toDark : text.theme.toLight} onClick={() => preferences.setTheme(theme)}>{text.theme[theme]}</button>
    </header>
  );
}

function Board({ tiles, cut }: { tiles: TileView[]; cut: boolean }) {
  const { session, words } = useEditor();
  if (session.state === 'loading') return <main class="loading"><p>{words.bar.loading}</p></main>;
  return (
    <>
      <Notices cut={cut} />
      <Zones />
      <main class="editor">
        <section class="work" aria-label={words.stage}>
          <Palette />
          <Stage tiles={tiles} />
          <TileList />
          <p id="keys" class="help">{words.keys}</p>
        </section>
        <Panel />
      </main>
    </>
  );
}

// Zones -- what the fields for time zones offer, where the browser knows them.
const Zones = memo(function Zones() {
  const { supportedValuesOf } = Intl as { supportedValuesOf?: (key: 'timeZone') => string[] };
  return <datalist id="zones">{supportedValuesOf?.('timeZone').map((zone) => <option key={zone} value={zone} />)}</datalist>;
});

function Notices({ cut }: { cut: boolean }) {
  const { session, words } = useEditor();
  const { notice } = session;
  const w = words.notice;
  return (
    <>
      {cut && <p class="editor-notice" role="status">{w.cut}</p>}
      {session.readOnly && notice?.kind !== 'readOnly' && <p class="editor-notice" role="status">{w.readOnly}</p>}
      {notice && (
        <div class="editor-notice" id="notice" role="alert" data-notice={notice.kind}>
          <p>{sentence(notice)}</p>
          {notice.kind === 'conflict' && (
            <>
              <button type="button" class="button" data-theirs onClick={() => void session.load()}>{w.reload}</button>
              <button type="button" class="button" data-mine onClick={() => void session.save(notice.rev)}>{w.overwrite}</button>
            </>
          )}
          <button type="button" class="button" onClick={() => session.dismiss()}>{w.close}</button>
        </div>
      )}
    </>
  );

  function sentence(told: Notice): string {
    if (told.kind === 'conflict') return w.conflict(String(told.rev));
    if (told.kind === 'failed' || told.kind === 'wrong') return w[told.kind](told.said);
    return told.kind === 'absent' ? w.absent(session.id) : w[told.kind];
  }
}

function Palette() {
  const { session, words, say } = useEditor();
  const add = (kind: Kind) => {
    const made = addTile(session.doc, newTile(kind, gridOf(session.doc), words.kind.text));
    if (!made) return say(words.full);
    session.edit(made.doc);
    session.select(made.id);
    say(words.say.added(words.kind[kind]));
  };
  return (
    <div class="palette" role="group" aria-label={words.add}>
      <span>{words.add}</span>
      {PALETTE.map((kind) => <button key={kind} type="button" class="button" data-add={kind} onClick={() => add(kind)}>{words.kind[kind]}</button>)}
    </div>
  );
}

// TileList -- the same tiles line by line: where there is no room for the board itself.
function TileList() {
  const { session, words } = useEditor();
  const nameOf = useNameOf();
  const onKeyDown = useKeys();
  return (
    <ul class="tile-list" aria-label={words.list}>
      {session.doc.tiles.map((tile) => (
        <li key={tile.id}>
          <button type="button" class="button" aria-pressed={tile.id === session.selected} onClick={() => session.select(tile.id)} onKeyDown={(event) => event.key !== 'Enter' && event.key !== ' ' && onKeyDown(event, tile)}>
            {nameOf(tile)} <small>{words.kind[tile.kind]}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

const TABS = ['tile', 'board', 'history'] as const;

function Panel() {
  const { session, words } = useEditor();
  const [tab, setTab] = useState<(typeof TABS)[number]>('tile');
  const tile = session.tile();
  useEffect(() => {
    if (session.selected !== null) setTab('tile');
  }, [session.selected]);
  return (
    <aside class="panel side-panel" id="form" tabIndex={-1} aria-label={words.panel.label}>
      <div class="segments" role="group" aria-label={words.panel.label}>
        {TABS.map((one) => <button key={one} type="button" data-tab={one} aria-pressed={one === tab} onClick={() => setTab(one)}>{words.panel[one]}</button>)}
      </div>
      {tab === 'board' ? <BoardForm /> : tab === 'history' ? <HistoryPanel /> : tile ? <TileForm key={tile.id} tile={tile} /> : <p class="help">{words.panel.none}</p>}
    </aside>
  );
}
