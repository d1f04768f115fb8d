export function QualityView() { return <p>…</p>; }
