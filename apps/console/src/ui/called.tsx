import type { ReactNode } from 'react';
import { Line } from './inert.js';

interface CalledProps {
  readonly name: string;
  readonly id: string;
}

/** What people call it; the id on hover. */
export function Called({ name, id }: CalledProps): ReactNode {
  return (
    <span title={id}>
      <Line text={name} />
    </span>
  );
}

/** The same with the id beneath, where that says more. */
export function CalledWithId({ name, id }: CalledProps): ReactNode {
  return (
    <>
      <Called name={name} id={id} />
      {name === id ? null : (
        <span className="beneath">
          <Line text={id} mono />
        </span>
      )}
    </>
  );
}
