import { createContext, useContext, useEffect, useState, type MouseEvent, type ReactNode } from 'react';

const Path = createContext('/');
const Search = createContext('');

/** The address bar as state: pages change without a load, back and forward work. */
export function Router({ children }: { readonly children: ReactNode }): ReactNode {
  const [path, setPath] = useState(window.location.pathname);
  const [search, setSearch] = useState(window.location.search);
  useEffect(() => {
    const moved = (): void => {
      setPath(window.location.pathname);
      setSearch(window.location.search);
    };
    window.addEventListener('popstate', moved);
    return () => window.removeEventListener('popstate', moved);
  }, []);
  return (
    <Path value={path}>
      <Search value={search}>{children}</Search>
    </Path>
  );
}

/** The path that is shown. */
export function usePath(): string {
  return useContext(Path);
}

/** What stands behind the path, `?` included; empty when nothing does. */
export function useSearch(): string {
  return useContext(Search);
}

/** Goes to a path of the console. `replace` leaves no trace of the page before. */
export function go(path: string, replace = false): void {
  if (replace) window.history.replaceState(null, '', path);
  else window.history.pushState(null, '', path);
  window.dispatchEvent(new PopStateEvent('popstate'));
  if (!replace) window.scrollTo(0, 0);
}

interface LinkProps {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly current?: boolean;
  readonly label?: string;
}

/** Whether a click asks for this page, and not for a new tab or window. */
export function isPlainClick(event: MouseEvent): boolean {
  if (event.defaultPrevented || event.button !== 0) return false;
  return !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

/** A link within the console; opened in a new tab it is an ordinary one. */
export function Link({ to, children, className, current = false, label }: LinkProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} className={className} aria-current={current ? 'page' : undefined} aria-label={label}>
      {children}
    </a>
  );
}

/** `/escalations/:id` against a path: what stands for each `:name`, `null` when it does not fit. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== value) return null;
    } else if (value === '') return null;
    else found[part.slice(1)] = value;
  }
  return found;
}
