// A duration that counts: from an instant of the server's clock to now.
import { useEffect, useRef } from 'preact/hooks';
import { usePage } from './context';

export function Since({ us }: { us: number | null }) {
  const { ticker, locale } = usePage();
  const node = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (node.current === null) return;
    return ticker.add(node.current, () => {
      const now = ticker.nowMs();
      return us === null || now === null ? locale.text.dash : locale.format.clock(now - us / 1000);
    });
  }, [us, ticker, locale]);
  return <span ref={node} />;
}
