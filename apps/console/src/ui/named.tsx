import type { ReactNode } from 'react';
import { visibleLine } from '#domain/inert-text.js';
import { Line } from './inert.js';

interface NamedProps {
  readonly name: string | null | undefined;
  readonly id: string;
  /** Beneath the name; otherwise the id shows on hover alone. */
  readonly beneath?: boolean;
}

/** What people call it, with the id that the configuration knows it by. */
export function Named({ name, id, beneath = true }: NamedProps): ReactNode {
  if (name === null || name === undefined || name === '' || name === id) return <Line text={id} />;
  return (
    <span title={visibleLine(id)}>
      <Line text={name} />
      {beneath ? (
        <span className="beneath">
          <Line text={id} mono />
        </span>
      ) : null}
    </span>
  );
}
