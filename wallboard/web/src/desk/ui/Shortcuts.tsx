// What keys do, and the list that says so.
import { useEffect, useRef } from 'preact/hooks';
import { usePage, type Page } from '../../ui/context';
import { WINDOWS } from '../../model/items';
import { withAt, type ViewName } from '../model/route';
import { useDesk, type Desk } from './context';

const GO: [key: string, view: ViewName][] = [['n', 'now'], ['a', 'agents'], ['h', 'history'], ['l', 'lost'], ['q', 'quality'], ['w', 'alerts'], ['b', 'boards']];
const THEN_MS = 1_500;

// useKeys -- single keys, but not while somebody types.
export function useKeys(desk: Desk, page: Page, help: () => void): void {
  const now = useRef({ desk, page, help });
  now.current = { desk, page, help };
  useEffect(() => {
    let awaitedMs = 0; // "g" was pressed: the next key says where to go
    const onKey = (event: KeyboardEvent) => {
      const { desk: d, page: p, help: open } = now.current;
      if (event.key === 'Escape') p.explainer.hide();
      if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
      const target = performance.now() < awaitedMs ? GO.find(([key]) => key === event.key) : undefined;
      awaitedMs = event.key === 'g' ? performance.now() + THEN_MS : 0;
      const window = WINDOWS[Number(event.key) - 1];
      if (target) d.go({ view: target[1], at: {} });
      else if (event.key === '?') open();
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else if (window && ['now', 'queue', 'group', 'agent'].includes(d.route.view)) d.go(withAt(d.route, { window: window === 'm15' ? '' : window }));
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function types(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== 'checkbox');
}

export function Shortcuts({ onClose }: { onClose(): void }) {
  const { words } = useDesk();
  const { text } = usePage().locale;
  const node = useRef<HTMLDialogElement>(null);
  const w = words.shortcuts;
  useEffect(() => {
    const dialog = node.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const rows: [string[], string][] = [
    [['?'], w.help],
    [['/'], w.search],
    [['1', '2', '3'], w.windows],
    ...GO.map(([key, view]): [string[], string] => [['g', key], w.go(words.nav[view as keyof typeof words.nav])]),
    [['↑', '↓', '←', '→'], w.move],
    [['Enter'], w.enter],
    [['Esc'], w.escape],
  ];
  return (
    <dialog class="shortcuts" ref={node} aria-labelledby="shortcuts-title" onClose={onClose}>
      <h2 id="shortcuts-title">{w.title}</h2>
      <dl>
        {rows.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button" aria-label={`${words.close}${text.join}${w.title}`}>
          {words.close}
        </button>
      </form>
    </dialog>
  );
}
