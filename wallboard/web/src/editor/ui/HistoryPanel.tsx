// The versions of a board that the server keeps, each of which can be brought back.
import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { getHistory, type Revision } from '../model/api';
import { useEditor } from './context';

export function HistoryPanel() {
  const { session, words } = useEditor();
  const { language } = usePage().locale;
  const [revs, setRevs] = useState<Revision[] | null>(null);
  useEffect(() => void getHistory(session.id).then(setRevs), [session.id, session.rev]);
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  if (revs === null) return <p class="help">{words.bar.loading}</p>;
  if (revs.length === 0) return <p class="help">{words.history.none}</p>;
  return (
    <>
      <p class="help">{words.history.hint}</p>
      <ul class="revisions">
        {revs.map(({ rev, saved_us, deleted }) => (
          <li key={rev}>
            <span>
              <b>{words.history.rev(String(rev))}</b> <small>{when.format(saved_us / 1000)}</small>
            </span>
            {deleted ? <small>{words.history.deleted}</small> : rev === session.rev ? <small>{words.history.now}</small> : (
              <button type="button" class="button" data-rev={rev} aria-label={`${words.history.restore}: ${words.history.rev(String(rev))}`} onClick={() => void session.bring(rev)}>{words.history.restore}</button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
