// memo -- draws a component anew only when one of its props is another one (===). The store keeps the identity of what
// did not change, so this is enough. Language changes reach memoised components through the context.
import { Component, h, type ComponentChildren, type ComponentType } from 'preact';

export function memo<P extends object>(inner: (props: P) => ComponentChildren): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Record<string, unknown>;
      const after = next as Record<string, unknown>;
      const keys = Object.keys(after);
      return keys.length !== Object.keys(before).length || keys.some((key) => before[key] !== after[key]);
    }
    override render(): ComponentChildren {
      return h(inner as ComponentType<P>, this.props as P);
    }
  };
}
