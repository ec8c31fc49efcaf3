import type { ReactNode } from 'react';
import { Link } from '../router.js';
import { Mark } from '../ui/frame.js';
import { PageTitle } from '../ui/page-title.js';

const TITLE = 'There is no page here';
const WHY = 'The address may be mistyped, or from another version of Writ.';

/** An address without a page, for whoever is signed in. */
export function NoPage(): ReactNode {
  return (
    <>
      <PageTitle title={TITLE} lead={WHY} />
      <p>
        <Link to="/">Go to the inbox</Link>
      </p>
    </>
  );
}

/** The same for whoever is not: what pages there are is told after signing in. */
export function NoPageOutside(): ReactNode {
  return (
    <div className="bare">
      <main className="stack">
        <p className="brand">
          <Mark />
          Writ
        </p>
        <PageTitle title={TITLE} lead={WHY} />
        <p>
          <Link to="/login">Sign in</Link>
        </p>
      </main>
    </div>
  );
}
