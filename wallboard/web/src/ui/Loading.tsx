// Before the first numbers: the shape of the page without a single figure, and a sentence that says what it waits for.
import { textIn } from '../model/board';
import type { Freshness } from '../model/freshness';
import type { BoardsItem } from '../model/items';
import { usePage } from './context';

export function Loading({ freshness }: { freshness: Freshness }) {
  const { text } = usePage().locale;
  const unreachable = freshness.culprit === 'network';
  const words = unreachable ? text.loading.unreachable : freshness.culprit === 'aggregator' ? text.loading.waiting : text.loading.connecting;
  return (
    <main class="loading" aria-busy="true">
      <div class="ghost strip" />
      <div class="ghosts">
        {Array.from({ length: 6 }, (_, i) => (
          <div key={i} class="ghost" />
        ))}
      </div>
      <div class="message" role="status">
        <p>{words}</p>
        {unreachable && <small>{text.loading.unreachableHint}</small>}
      </div>
    </main>
  );
}

// NoBoard -- the address names a board that the server does not have: said in words, with those it has.
export function NoBoard({ id, boards }: { id: string; boards: BoardsItem['boards'] }) {
  const { text, language } = usePage().locale;
  return (
    <main class="loading no-board">
      <div class="message">
        <p>{text.board.unknown(id)}</p>
        <small>{text.board.unknownHint}</small>
        {boards.length > 0 ? (
          <>
            <h2>{text.board.known}</h2>
            <ul>
              {boards.map((board) => (
                <li key={board.id}>
                  <a href={`/d/${encodeURIComponent(board.id)}`}>{textIn(board.title, language) || board.id}</a>
                </li>
              ))}
            </ul>
          </>
        ) : (
          <small>
            <a href="/d/floor">{text.board.none}</a>
          </small>
        )}
      </div>
    </main>
  );
}
