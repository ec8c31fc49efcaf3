import type { ReactNode } from 'react';
import type { Pages } from '../api/pages.js';

interface ShowMoreProps {
  readonly of: Pick<Pages<unknown>, 'data' | 'next' | 'busy'>;
  /** Of what, where the page alone does not say it. */
  readonly what?: string;
}

/** The way to the next page of a list, while there is one. It keeps the focus while it reads. */
export function ShowMore({ of, what = '' }: ShowMoreProps): ReactNode {
  if (of.data?.more !== true) return null;
  return (
    <p className="after">
      <button type="button" className="button" onClick={of.next} aria-disabled={of.busy}>
        {of.busy ? 'Loading…' : `Show more ${what}`.trim()}
      </button>
    </p>
  );
}
