// The boards that displays can show.
import { useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { readOrder, type Order } from '../model/table';
import type { Board } from '../model/wire';
import { textOf } from '../model/words';
import { useAsk, useDesk } from './context';
import { Answered, Empty } from './parts';
import { Table, useSorted, type Column } from './Table';

export function BoardsView() {
  const { words } = useDesk();
  const asked = useAsk<{ boards: Board[] }>(['/api/v1/boards'], 30_000);
  return (
    <>
      <div class="toolbar">
        <p class="hint">{words.boards.history}</p>
        <span class="spacer" />
        <a class="button" href="/edit">{words.boards.begin}</a>
      </div>
      <Answered asked={asked}>{([told]) => (told && told.boards.length > 0 ? <List boards={told.boards} /> : <Empty title={words.boards.none} />)}</Answered>
    </>
  );
}

function List({ boards }: { boards: Board[] }) {
  const { words, show } = useDesk();
  const { language, text, format } = usePage().locale;
  const [order, setOrder] = useState<Order>(readOrder(undefined, 'title'));
  const { boards: w } = words;
  const title = (board: Board) => textOf(board.title, language, board.id);
  const at = (kind: string, board: Board) => `/${kind}/${encodeURIComponent(board.id)}`;
  const columns: Column<Board>[] = [
    { key: 'title', title: w.title, wide: true, value: title, cell: (board) => <><a class="name" tabIndex={-1} href={at('d', board)}>{title(board)}</a> <small class="tag">{board.id}</small></> },
    { key: 'origin', title: w.from, value: (board) => board.origin, cell: (board) => w.origin[board.origin] ?? board.origin },
    { key: 'saved', title: w.saved, numbers: true, value: (board) => board.saved_us, cell: (board) => <span class="digits">{board.saved_us ? show.stamp(board.saved_us / 1000) : text.dash}</span> },
    { key: 'rev', title: w.rev, numbers: true, value: (board) => board.rev, cell: (board) => <span class="digits">{format.count(board.rev)}</span> },
    { key: 'show', title: w.show, value: title, cell: (board) => <a class="button" tabIndex={-1} href={at('d', board)} aria-label={`${w.show} ${title(board)}`}>{w.show}</a> },
    { key: 'edit', title: w.edit, value: title, cell: (board) => <a class="button" tabIndex={-1} href={at('edit', board)} aria-label={`${w.edit} ${title(board)}`}>{w.edit}</a> },
    { key: 'file', title: w.file, value: title, cell: (board) => <a class="button" tabIndex={-1} download={`${board.id}.yaml`} href={`/api/v1/boards/${encodeURIComponent(board.id)}?format=yaml`} aria-label={`YAML ${title(board)}`}>YAML</a> },
  ];
  const rows = useSorted(boards, columns, order, (board) => board.id);
  return <Table label={words.heading.boards} rows={rows} columns={columns} order={order} onOrder={setOrder} id={(board) => board.id} tall />;
}
