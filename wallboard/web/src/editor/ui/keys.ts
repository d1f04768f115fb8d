// What keys do to a tile, on the board and in the list alike, each told in words.
import { moveTile, removeTile, resizeTile, type TileDoc } from '../model/document';
import { useEditor } from './context';
import { useNameOf } from './words';

const STEPS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function useKeys(): (event: KeyboardEvent, tile: TileDoc) => void {
  const { session, words, say } = useEditor();
  const nameOf = useNameOf();
  return (event, tile) => {
    const step = STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Delete') {
      event.preventDefault();
      session.edit(removeTile(session.doc, tile.id));
      say(words.say.removed(nameOf(tile)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      document.querySelector<HTMLElement>('#form select, #form input')?.focus();
    } else if (step) {
      event.preventDefault();
      const change = event.shiftKey ? resizeTile : moveTile;
      const done = session.edit(change(session.doc, tile.id, ...step));
      const now = session.tile();
      if (!done || !now) say(words.say.blocked);
      else say(event.shiftKey ? words.say.sized(String(now.w), String(now.h)) : words.say.moved(String(now.x + 1), String(now.y + 1)));
    }
  };
}
