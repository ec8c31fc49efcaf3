import { useEffect, useRef, useState, type ReactNode } from 'react';
import { post, type Problem } from '../api/client.js';
import { asProblem, useResource } from '../api/resource.js';
import { go, usePath } from '../router.js';
import { useSession } from '../session.js';
import { TextField } from '../ui/fields.js';
import { Mark } from '../ui/frame.js';
import { useTab } from '../ui/page-title.js';

/** The code of a one-time link. Taken once: it leaves the address bar and the history at once. */
function takeCode(): string | null {
  const code = new URLSearchParams(window.location.hash.slice(1)).get('code');
  if (window.location.hash !== '') window.history.replaceState(null, '', window.location.pathname);
  return code === '' ? null : code;
}

/** Signing in: by one-time link, by the organisation's sign-in, or by a code typed by hand. */
export function LoginPage(): ReactNode {
  useTab('Sign in');
  const path = usePath();
  const { signed, refresh } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [kept, setKept] = useState(true);
  const taken = useRef<string | null>(null);
  const exchange = async (code: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setKept(true);
    try {
      await post('/v1/sessions', { code: code.trim() });
      const session = await refresh();
      // Signed in by the broker's word, and yet nobody: the browser did not keep what it was given.
      if (session === null) return setKept(false);
      // An enrolment link is for one thing alone.
      if (path === '/login') go(session?.signed_in_by === 'enrolment' ? '/account' : '/', true);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    const code = taken.current === null ? takeCode() : null;
    if (code === null) return;
    taken.current = code;
    void exchange(code);
    // Once, for the code that the page was opened with.
  }, []);
  useEffect(() => {
    if (path === '/login' && signed.state === 'in' && taken.current === null) go('/', true);
  }, [path, signed.state]);
  return (
    <div className="bare">
      <main className="stack">
        <p className="brand">
          <Mark />
          Writ
        </p>
        <h1>Sign in</h1>
        <p className="quiet">Decide what agents may do, for how long, and end it when you want.</p>
        {problem === null ? null : (
          <div className="note bad" role="alert">
            {problem.code === 'unauthenticated'
              ? 'This link was used before, or is older than five minutes. Ask for a new one.'
              : problem.message}
          </div>
        )}
        {kept ? null : <NoCookie />}
        {busy ? <p role="status">Signing in…</p> : <Ways exchange={(code) => void exchange(code)} path={path} />}
      </main>
    </div>
  );
}

/** The code is spent by now: another one in this browser would go the same way. */
function NoCookie(): ReactNode {
  return (
    <div className="note bad" role="alert">
      <p>Your browser kept no cookie, so it is not signed in, and the code is used up.</p>
      <p>
        Allow cookies for this site. Safari keeps none for <code>http://localhost</code>: use Chrome or Firefox there,
        or open Writ under an https address. Then ask for a new link.
      </p>
    </div>
  );
}

function Ways({ exchange, path }: { readonly exchange: (code: string) => void; readonly path: string }): ReactNode {
  const options = useResource<{ oidc?: boolean }>('/v1/sessions/options');
  const [code, setCode] = useState('');
  const back = path === '/login' ? '/' : path;
  return (
    <>
      {options.data?.oidc === true ? (
        <div className="panel">
          <a className="button main" href={`/auth/login?return_to=${encodeURIComponent(back)}`}>
            Sign in with your organisation
          </a>
        </div>
      ) : null}
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (code.trim() !== '') exchange(code);
        }}
      >
        <h2>By one-time link</h2>
        <p className="quiet small-text">
          On the machine where Writ runs, <code>npx writ login-link &lt;person&gt;</code> prints a link that signs in
          once, within five minutes. Open it, or paste its code here.
        </p>
        <TextField name="Code" value={code} change={setCode} most={256} needed />
        <p className="after">
          <button type="submit" className="button">
            Sign in
          </button>
        </p>
      </form>
    </>
  );
}
