// Shapes that stand beside every colour, so that nothing depends on seeing colours. Drawn on a 16 x 16 grid, in
// currentColor. Made anew for every use: an element that is made once remembers the tree of its first drawing, and through
// it every later one, for as long as the page is open.
import type { ComponentChildren } from 'preact';
import type { Phase } from '../model/freshness';
import type { AgentState } from '../model/items';
import type { Level } from '../model/status';

export function Shape({ children, name }: { children: ComponentChildren; name: string }) {
  return (
    <svg class="shape" data-shape={name} viewBox="0 0 16 16" aria-hidden="true">
      {children}
    </svg>
  );
}

const ring = () => <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5" />;
const disc = () => <circle cx="8" cy="8" r="6.75" fill="currentColor" />;
const bars = () => <path d="M3.5 2h3.25v12H3.5zM9.25 2h3.25v12H9.25z" fill="currentColor" />;
const mark = () => <path d="M7 4.6h2v4.6H7zM7 10.4h2v2H7z" fill="var(--cut-out)" />;

type Drawing = () => ComponentChildren;

const levels: Record<Level, Drawing> = {
  0: () => <circle cx="8" cy="8" r="4" fill="currentColor" />,
  1: () => (
    <>
      <path d="M8 .8 15.6 14.4H.4z" fill="currentColor" />
      <path d="M7.1 5.4h1.8v4.4H7.1zM7.1 10.9h1.8v1.8H7.1z" fill="var(--cut-out)" />
    </>
  ),
  2: () => (
    <>
      <path d="M4.9.8h6.2l4.1 4.1v6.2l-4.1 4.1H4.9L.8 11.1V4.9z" fill="currentColor" />
      {mark()}
    </>
  ),
};

export function LevelShape({ level }: { level: Level }) {
  return <Shape name={`level-${level}`}>{levels[level]()}</Shape>;
}

const states: Record<AgentState, Drawing> = {
  available: ring,
  alerting: () => (
    <>
      {ring()}
      <circle cx="8" cy="8" r="2.25" fill="currentColor" />
    </>
  ),
  busy: disc,
  hold: () => (
    <>
      {disc()}
      <path d="M5.4 5h1.8v6H5.4zM8.8 5h1.8v6H8.8z" fill="var(--cut-out)" />
    </>
  ),
  wrap: () => (
    <>
      <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M8 2.25a5.75 5.75 0 0 0 0 11.5z" fill="currentColor" />
    </>
  ),
  paused: bars,
  offline: () => <path d="M3 7h10v2H3z" fill="currentColor" />,
};

export function StateShape({ state }: { state: AgentState }) {
  return <Shape name={`state-${state}`}>{(states[state] ?? states.offline)()}</Shape>;
}

const phases: Record<Phase, Drawing> = {
  loading: ring,
  live: disc,
  stale: () => (
    <>
      <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M7.2 4h1.8v3.8l2.6 1.7-1 1.5-3.4-2.2z" fill="currentColor" />
    </>
  ),
  cut: () => <path d="m3.4 1.6 4.6 4.6 4.6-4.6 1.8 1.8L9.8 8l4.6 4.6-1.8 1.8L8 9.8l-4.6 4.6-1.8-1.8L6.2 8 1.6 3.4z" fill="currentColor" />,
};

export function PhaseShape({ phase }: { phase: Phase }) {
  return <Shape name={`phase-${phase}`}>{phases[phase]()}</Shape>;
}
