export function BoardsView() { return <p>…</p>; }
