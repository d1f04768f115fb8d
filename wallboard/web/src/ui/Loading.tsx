// Before the first numbers: the shape of the page without a single figure, and a sentence that says what it waits for.
import type { Freshness } from '../model/freshness';
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
