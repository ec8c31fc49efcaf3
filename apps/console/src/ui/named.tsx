import type { ReactNode } from 'react';
import { visibleLine } from '#domain/inert-text.js';
import { Link } from '../router.js';
import { Line } from './inert.js';

interface NamedProps {
  readonly name: string | null | undefined;
  readonly id: string;
  /** Beneath the name; otherwise the id shows on hover alone. */
  readonly beneath?: boolean;
  /** Where the name leads. */
  readonly to?: string | undefined;
}

/** What people call it, with the id that the configuration knows it by. */
export function Named({ name, id, beneath = true, to }: NamedProps): ReactNode {
  const called = name === null || name === undefined || name === '' ? id : name;
  const shown = <Line text={called} />;
  return (
    <span title={visibleLine(id)}>
      {to === undefined ? shown : <Link to={to}>{shown}</Link>}
      {beneath && called !== id ? (
        <span className="beneath">
          <Line text={id} mono />
        </span>
      ) : null}
    </span>
  );
}
