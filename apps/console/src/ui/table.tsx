import type { ReactNode } from 'react';

interface TableProps {
  readonly heads: readonly string[];
  /** Those of them that stand over numbers. */
  readonly numbers?: readonly string[];
  /** Names the last column, which holds a button a row; `null`: there is none. */
  readonly act: string | null;
  readonly children: ReactNode;
}

/** Rows under named columns; on a phone each row is a card, whose cells say their names. */
export function Table({ heads, numbers = [], act, children }: TableProps): ReactNode {
  return (
    <table className="cards">
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col" key={head} className={numbers.includes(head) ? 'number' : undefined}>
              {head}
            </th>
          ))}
          {act === null ? null : (
            <th scope="col" className="end">
              <span className="unseen">{act}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** A number under the head of this name, its digits beneath each other. */
export function NumberCell({ head, children }: { readonly head: string; readonly children: ReactNode }): ReactNode {
  return (
    <td data-name={head} className="number">
      {children}
    </td>
  );
}
