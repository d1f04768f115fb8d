export function HistoryView() { return <p>…</p>; }
