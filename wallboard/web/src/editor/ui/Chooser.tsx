// /edit: which board to change, or a new one.
import { useState } from 'preact/hooks';
import { textIn } from '../../model/board';
import { usePage } from '../../ui/context';
import { validId } from '../model/document';
import { useEditor } from './context';
import { Typed } from './fields';

export function Chooser() {
  const { words, boards, href } = useEditor();
  const { language } = usePage().locale;
  const [id, setId] = useState('');
  const [bad, setBad] = useState('');
  const w = words.choose;
  const begin = (event: Event) => {
    event.preventDefault();
    if (!validId(id)) setBad(w.idBad);
    else if (boards.some((board) => board.id === id)) setBad(w.taken);
    else location.assign(href(`/edit/${id}`));
  };
  return (
    <main class="chooser" id="form">
      <h1>{w.heading}</h1>
      <ul>
        {boards.map((board) => (
          <li key={board.id} class="panel">
            <span>
              <b>{textIn(board.title, language)}</b> <small class="tag">{board.id}</small>
            </span>
            <a class="button" href={href(`/d/${board.id}`)} aria-label={`${w.show}: ${textIn(board.title, language)}`}>{w.show}</a>
            <a class="button main" href={href(`/edit/${board.id}`)} aria-label={`${w.edit}: ${textIn(board.title, language)}`}>{w.edit}</a>
          </li>
        ))}
      </ul>
      <form class="panel" onSubmit={begin}>
        <h2>{w.begin}</h2>
        <Typed label={w.id} value={id} bad={bad !== ''} onChange={setId} />
        {bad && <p id="notice" role="alert">{bad}</p>}
        <button type="submit" class="button">{w.go}</button>
      </form>
    </main>
  );
}
