export function OwnerView() { return <p>…</p>; }
