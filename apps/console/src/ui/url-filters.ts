import { useEffect, useState } from 'react';
import { go } from '../router.js';

export interface UrlFilters {
  /** The value of a filter, `''` where it is not set. */
  readonly of: (name: string) => string;
  /** Sets some, an empty value takes one away. The page before stays one step back only when `step` says so. */
  readonly set: (changes: Readonly<Record<string, string>>, step?: boolean) => void;
  /** The address with these changes, for a link. */
  readonly to: (changes: Readonly<Record<string, string>>) => string;
  /** These filters as the query of a call, beginning with `&`; those that are not set are left out. */
  readonly query: (...names: readonly string[]) => string;
}

/** Filters that live in the address, so that a link carries them and a reload keeps them. */
export function useUrlFilters(): UrlFilters {
  const [search, setSearch] = useState(window.location.search);
  useEffect(() => {
    const moved = (): void => setSearch(window.location.search);
    window.addEventListener('popstate', moved);
    return () => window.removeEventListener('popstate', moved);
  }, []);
  const now = new URLSearchParams(search);
  const to = (changes: Readonly<Record<string, string>>): string => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') next.delete(name);
      else next.set(name, value);
    }
    const query = next.toString();
    return query === '' ? window.location.pathname : `${window.location.pathname}?${query}`;
  };
  return {
    of: (name) => now.get(name) ?? '',
    set: (changes, step = false) => go(to(changes), !step),
    to,
    query: (...names) =>
      names
        .flatMap((name) => {
          const value = now.get(name) ?? '';
          return value === '' ? [] : [`&${name}=${encodeURIComponent(value)}`];
        })
        .join(''),
  };
}
