export function AgentView() { return <p>…</p>; }
