import { useEffect, useState, type ReactNode } from 'react';
import { NotLive, useLive } from '../api/live.js';
import { useResource } from '../api/resource.js';
import type { InboxPage } from '../api/types.js';
import { go, Link, usePath } from '../router.js';
import { usePerson, useRole, useSession } from '../session.js';
import { nameAndId, totalWords } from '../words/words.js';
import { KeysHelp, useKeys } from './keys.js';

/** The mark, drawn here so that it takes the accent. */
export function Mark(): ReactNode {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M7 10l4.2 13h2L16 14.6 18.800 23h2L25 10"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** Navigation and the page beside it. */
export function Frame({ children }: { readonly children: ReactNode }): ReactNode {
  const path = usePath();
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => setOpen(false), [path]);
  useKeys([
    { key: '?', does: 'help', run: () => setHelp(true) },
    { key: 'i', does: 'inbox', run: () => go('/') },
  ]);
  return (
    <div className="frame">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className={`rail ${open ? 'open' : ''}`}>
        <div className="rail-head">
          <Link to="/" className="brand">
            <Mark />
            Writ
          </Link>
          <button
            type="button"
            className="button small menu-toggle"
            aria-expanded={open}
            aria-controls="menu"
            onClick={() => setOpen(!open)}
          >
            Menu
          </button>
        </div>
        <Navigation path={path} />
        <Who openHelp={() => setHelp(true)} />
      </header>
      <main id="page" tabIndex={-1}>
        <NotLive />
        {children}
      </main>
      {help ? <KeysHelp close={() => setHelp(false)} /> : null}
    </div>
  );
}

function Navigation({ path }: { readonly path: string }): ReactNode {
  const { data, reload } = useResource<InboxPage>('/v1/inbox?view=pending&limit=1');
  useLive(reload);
  // Whoever can never vote has neither an inbox nor a history of votes.
  const votes = useRole('approver');
  const places: readonly (readonly [string, string])[] = [
    ...(votes ? [['/', 'Inbox'] as const] : []),
    ['/grants', 'Live grants'],
    ...(votes ? [['/history', 'My history'] as const] : []),
    ['/agents', 'Agents'],
    ['/policies', 'Policies'],
    ['/policies/changes', 'Changes'],
    ['/insights', 'Insights'],
    ['/account', 'Account'],
  ];
  const here = placeOf(
    path,
    places.map(([to]) => to),
  );
  return (
    <nav id="menu" aria-label="Pages">
      <ul>
        {places.map(([to, name]) => (
          <li key={to} className={to.lastIndexOf('/') > 0 ? 'under' : undefined}>
            <Link to={to} current={to === here}>
              {name}
              {to === '/' && (data?.total ?? 0) > 0 ? (
                <span className="count">
                  {totalWords(data)}
                  <span className="unseen"> waiting</span>
                </span>
              ) : null}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Who({ openHelp }: { readonly openHelp: () => void }): ReactNode {
  const person = usePerson();
  const { signOut } = useSession();
  return (
    <div className="who">
      <strong>{nameAndId(person.name, person.person)}</strong>
      {person.roles.length === 0 ? 'no role' : person.roles.join(', ')}
      <div className="row between">
        <button type="button" className="link" onClick={openHelp}>
          Keys <kbd>?</kbd>
        </button>
        <button type="button" className="link" onClick={() => void signOut().then(() => go('/'))}>
          Sign out
        </button>
      </div>
    </div>
  );
}

/** The place of the menu that a page stands under: the one with the longest address that the page's begins with. */
function placeOf(path: string, places: readonly string[]): string | undefined {
  if (path.startsWith('/inbox/')) return '/';
  const above = places.filter((to) => to === path || (to !== '/' && path.startsWith(`${to}/`)));
  return above.sort((a, b) => b.length - a.length)[0];
}
