export function LostView() { return <p>…</p>; }
