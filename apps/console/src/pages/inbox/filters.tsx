import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Facets } from '../../api/types.js';
import { visibleLine } from '#domain/inert-text.js';
import { riskWords } from '../../words/words.js';
import { GROUPINGS, nameOf, SIDES, type Query, type Side } from './query.js';

/** Typing is gathered for so long before it is looked for. */
const TYPED_MS = 250;
export const SEARCH_ID = 'search';

const SIDE_WORDS: Readonly<Record<Side, readonly [name: string, any: string]>> = {
  risk: ['Risk', 'Any risk'],
  group: ['Asked group', 'Any group'],
  agent: ['Agent', 'Any agent'],
  resource: ['Resource', 'Any resource'],
};

interface FiltersProps {
  readonly query: Query;
  readonly facets: Facets | null;
  readonly change: (query: Query) => void;
  /** Leaves the search field for the list. */
  readonly leave: () => void;
}

/** What narrows the list, and how it is grouped. All of it stands in the address. */
export function Filters({ query, facets, change, leave }: FiltersProps): ReactNode {
  const chosen = SIDES.filter((side) => query.sides[side] !== undefined).length;
  return (
    <search className="filters">
      <SearchField query={query} change={change} leave={leave} />
      <details>
        <summary>
          Filter and group
          {chosen === 0 ? null : <span className="badge accent">{chosen}</span>}
        </summary>
        <div className="sides">
          {SIDES.map((side) => (
            <SideField key={side} side={side} query={query} facets={facets} change={change} />
          ))}
          <GroupField query={query} change={change} />
        </div>
      </details>
      <Chosen query={query} facets={facets} change={change} />
    </search>
  );
}

function SearchField({ query, change, leave }: Omit<FiltersProps, 'facets'>): ReactNode {
  const [typed, setTyped] = useState(query.q);
  const latest = useRef({ query, change });
  useEffect(() => {
    latest.current = { query, change };
  });
  useEffect(() => setTyped(query.q), [query.q]);
  const send = (q: string): void => {
    if (q !== latest.current.query.q) latest.current.change({ ...latest.current.query, q });
  };
  useEffect(() => {
    const soon = setTimeout(() => send(typed), TYPED_MS);
    return () => clearTimeout(soon);
  }, [typed]);
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    send(typed);
    leave();
  };
  return (
    <div className="search">
      <label className="unseen" htmlFor={SEARCH_ID}>
        Search what waits
      </label>
      <input
        type="search"
        id={SEARCH_ID}
        value={typed}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        placeholder="Search agent, order, ticket, amount"
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={pressed}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

type SideProps = Omit<FiltersProps, 'leave'> & { readonly side: Side };

/** The values that there are, each with how many it would show. */
function SideField({ side, query, facets, change }: SideProps): ReactNode {
  const id = useId();
  const [name, any] = SIDE_WORDS[side];
  const value = query.sides[side] ?? '';
  const known = facets?.[side] ?? [];
  const options = value === '' || known.some((one) => one.value === value) ? known : [...known, nothingOf(value)];
  const choose = (next: string): void => change(withSide(query, side, next));
  return (
    <div className="side">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">{any}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {valueWords(side, option.value, option.name)} ({option.count})
          </option>
        ))}
      </select>
    </div>
  );
}

function GroupField({ query, change }: Pick<FiltersProps, 'query' | 'change'>): ReactNode {
  const id = useId();
  const choose = (next: string): void => change({ ...query, by: GROUPINGS.find((name) => name === next) ?? null });
  return (
    <div className="side">
      <label htmlFor={id}>Group by</label>
      <select id={id} value={query.by ?? ''} onChange={(event) => choose(event.target.value)}>
        <option value="">nothing</option>
        <option value="agent">agent</option>
        <option value="rule">rule</option>
      </select>
    </div>
  );
}

/** What is chosen stays in sight while its fields are folded away. */
function Chosen({ query, facets, change }: Omit<FiltersProps, 'leave'>): ReactNode {
  const chosen = SIDES.flatMap((side) => {
    const value = query.sides[side];
    return value === undefined ? [] : [{ side, value }];
  });
  if (chosen.length === 0) return null;
  return (
    <ul className="chips" aria-label="Chosen filters">
      {chosen.map(({ side, value }) => (
        <li key={side}>
          <button type="button" className="chip" title={value} onClick={() => change(withSide(query, side, ''))}>
            <span className="unseen">Remove filter: {SIDE_WORDS[side][0]} </span>
            {valueWords(side, value, nameOf(facets, side, value))} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function withSide(query: Query, side: Side, value: string): Query {
  const { [side]: _, ...others } = query.sides;
  return { ...query, sides: value === '' ? others : { ...others, [side]: value } };
}

function valueWords(side: Side, value: string, name: string): string {
  if (side !== 'risk') return visibleLine(name);
  return value === 'low' || value === 'medium' || value === 'high' ? riskWords(value) : visibleLine(value);
}

const nothingOf = (value: string): { value: string; name: string; count: number } => ({ value, name: value, count: 0 });
