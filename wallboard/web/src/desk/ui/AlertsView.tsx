export function AlertsView() { return <p>…</p>; }
