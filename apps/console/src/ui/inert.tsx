import type { ReactNode } from 'react';
import { visibleLine, visibleText } from '#domain/inert-text.js';

/** One line of unknown origin: text only, with whatever is invisible written out, and its own direction. */
export function Line({ text, mono = false }: { readonly text: string; readonly mono?: boolean }): ReactNode {
  return (
    <bdi className={mono ? 'mono' : undefined} translate="no">
      {visibleLine(text)}
    </bdi>
  );
}

/** Words of an agent, in their own box under their own label: nothing in them is ever a link, an image or markup. */
export function Words({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <div>
      <h3>{label}</h3>
      <div className="words" translate="no" dir="auto">
        {visibleText(text)}
      </div>
    </div>
  );
}
