import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { call, get, onSignedOut, type Problem } from './api/client.js';
import { asProblem } from './api/resource.js';
import type { Role, Session } from './api/types.js';

export type Signed =
  | { readonly state: 'asking' }
  | { readonly state: 'out' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'in'; readonly session: Session };

interface SessionActions {
  readonly signed: Signed;
  /** Asks the broker again; answers who is signed in now. */
  readonly refresh: () => Promise<Session | null>;
  readonly signOut: () => Promise<void>;
}

const Current = createContext<SessionActions>({
  signed: { state: 'asking' },
  refresh: () => Promise.resolve(null),
  signOut: () => Promise.resolve(),
});

const NOBODY: Session = {
  person: '',
  name: '',
  roles: [],
  signed_in_by: 'code',
  opened_at: '',
  expires_at: '',
  oidc: false,
  passkeys: 0,
};

/** Knows who is signed in. The cookie itself is not for scripts. */
export function SessionKeeper({ children }: { readonly children: ReactNode }): ReactNode {
  // A one-time code is for whoever it names, also beside the session of somebody else: nothing to ask before it.
  const [cameWithCode] = useState(() => window.location.pathname === '/login' && window.location.hash !== '');
  const [signed, setSigned] = useState<Signed>({ state: cameWithCode ? 'out' : 'asking' });
  const refresh = useCallback(async () => {
    try {
      const session = await get<Session>('/v1/sessions/current');
      setSigned({ state: 'in', session });
      return session;
    } catch (error) {
      const problem = asProblem(error);
      setSigned(problem.code === 'unauthenticated' ? { state: 'out' } : { state: 'failed', problem });
      return null;
    }
  }, []);
  const signOut = useCallback(async () => {
    await call('DELETE', '/v1/sessions/current');
    setSigned({ state: 'out' });
  }, []);
  useEffect(() => {
    onSignedOut(() => setSigned({ state: 'out' }));
    if (!cameWithCode) void refresh();
  }, [refresh, cameWithCode]);
  const value = useMemo(() => ({ signed, refresh, signOut }), [signed, refresh, signOut]);
  return <Current value={value}>{children}</Current>;
}

/** The session with what can be done to it. */
export function useSession(): SessionActions {
  return useContext(Current);
}

/** Whoever is signed in; only below the frame, which shows nothing to anybody else. */
export function usePerson(): Session {
  const { signed } = useSession();
  return signed.state === 'in' ? signed.session : NOBODY;
}

/** True when the person signed in holds one of these roles. */
export function useRole(...roles: readonly Role[]): boolean {
  const held = usePerson().roles;
  return roles.some((role) => held.includes(role));
}
