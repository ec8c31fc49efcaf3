import { memo, useMemo, type ReactNode } from 'react';
import { rulesNamed } from '#domain/words/rules-named.js';
import type { Facets, InboxItem } from '../../api/types.js';
import { Named } from '../../ui/named.js';
import { Line } from '../../ui/inert.js';
import type { Grouping } from './query.js';
import { Row } from './row.js';
import type { ShownRow } from './shown-rows.js';

export interface Group {
  readonly key: string;
  readonly rows: readonly ShownRow[];
}

/** The rows under their headings, in the order in which each heading's first row comes. */
export function groupsOf(rows: readonly ShownRow[], by: Grouping | null): readonly Group[] {
  const groups = new Map<string, ShownRow[]>();
  for (const row of rows) {
    const key = by === null ? '' : keyOf(row.item, by);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups].map(([key, of]) => ({ key, rows: of }));
}

function keyOf(item: InboxItem, by: Grouping): string {
  return by === 'agent' ? item.agent : rulesNamed(item.policy.determining);
}

interface ListProps {
  readonly groups: readonly Group[];
  readonly by: Grouping | null;
  readonly facets: Facets | null;
  /** What stands behind the path of each row. */
  readonly search: string;
  readonly reached: string | null;
  readonly openId: string | null;
  readonly choose: (id: string) => void;
}

/**
 * Links and not options of a listbox: each can be opened in a tab of its own, and a reader of the screen may walk them as
 * ordinary links. One of them has the tab stop, so that two hundred do not stand between the filters and the request.
 */
export function List({ groups, by, facets, search, reached, openId, choose }: ListProps): ReactNode {
  return groups.map(({ key, rows }) => {
    const list = (
      <ul className="asks">
        {rows.map((row) => (
          <li key={row.item.id}>
            <KeptRow
              row={row}
              href={`/inbox/${row.item.id}${search}`}
              reached={row.item.id === reached}
              open={row.item.id === openId}
              choose={choose}
            />
          </li>
        ))}
      </ul>
    );
    if (by === null) return <div key={key}>{list}</div>;
    return (
      <section key={key} className="asked" aria-label={by === 'agent' ? (rows[0]?.item.agent_name ?? key) : key}>
        <Heading by={by} of={key} rows={rows} facets={facets} />
        {list}
      </section>
    );
  });
}

const KeptRow = memo(Row);

/** Counts what the broker counted, which may be more than has been read here. */
function Heading({ by, of, rows, facets }: Pick<ListProps, 'facets'> & HeadingProps): ReactNode {
  const counted = useMemo(() => facets?.[by].find(({ value }) => value === of)?.count, [facets, by, of]);
  const name = rows[0]?.item.agent_name ?? of;
  return (
    <h2>
      {by === 'agent' ? <Named name={name} id={of} beneath={false} /> : <Line text={of} mono />}{' '}
      <span className="quiet">{counted ?? rows.length}</span>
    </h2>
  );
}

interface HeadingProps {
  readonly by: Grouping;
  readonly of: string;
  readonly rows: readonly ShownRow[];
}
