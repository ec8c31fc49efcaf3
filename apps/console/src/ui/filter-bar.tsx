import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useKeys } from './keys.js';

const PAUSE_MS = 250;

interface SearchProps {
  readonly name: string;
  readonly value: string;
  readonly change: (value: string) => void;
}

/** A field that finds while somebody types; `/` goes to it. */
export function SearchField({ name, value, change }: SearchProps): ReactNode {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const latest = useRef(change);
  useEffect(() => {
    latest.current = change;
  });
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const pause = setTimeout(() => latest.current(typed), PAUSE_MS);
    return () => clearTimeout(pause);
  }, [typed, value]);
  useKeys([{ key: '/', does: 'search', run: () => field.current?.focus() }]);
  return (
    <div className="filter wide">
      <label htmlFor={id}>
        {name} <kbd aria-hidden="true">/</kbd>
      </label>
      <input
        type="search"
        id={id}
        ref={field}
        value={typed}
        maxLength={200}
        autoComplete="off"
        aria-keyshortcuts="/"
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  /** Value and words of each; the first one, `''`, takes the filter away. */
  readonly choices: readonly (readonly [string, string])[];
  readonly change: (value: string) => void;
}

/** One of several. What is chosen stays in the list also when there is nothing of it any more. */
export function ChoiceField({ name, value, choices, change }: ChoiceProps): ReactNode {
  const id = useId();
  const known = choices.some(([choice]) => choice === value);
  return (
    <div className="filter">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => change(event.target.value)}>
        {known ? null : <option value={value}>{value}</option>}
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
