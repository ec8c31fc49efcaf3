import type { ReactNode } from 'react';
import type { Problem } from '../api/client.js';
import type { Loaded } from '../api/resource.js';

/** Something is on its way. */
export function Loading({ what }: { readonly what: string }): ReactNode {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** There is nothing, which is often good news: say what would be here. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

interface FailedProps {
  readonly problem: Problem;
  readonly retry?: (() => void) | undefined;
}

/** What went wrong, in the broker's words, and a way on. */
export function Failed({ problem, retry }: FailedProps): ReactNode {
  return (
    <div className="note bad" role="alert">
      <p>{problem.message}</p>
      {retry === undefined ? null : (
        <button type="button" className="link" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface ShownProps<T> {
  readonly of: Loaded<T>;
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}

/** What was loaded, or why not. A failed reload keeps the last answer in sight, and says that it is the last one. */
export function Shown<T>({ of, what, children }: ShownProps<T>): ReactNode {
  const { data, error, reload } = of;
  if (error !== null && (error.status === 404 || error.status === 403)) return <NotHere problem={error} what={what} />;
  return (
    <>
      {error === null ? null : <Failed problem={error} retry={reload} />}
      {data === null ? error === null ? <Loading what={what} /> : null : children(data)}
    </>
  );
}

function NotHere({ problem, what }: { readonly problem: Problem; readonly what: string }): ReactNode {
  if (problem.status === 403) return <Empty title="This is not for your role.">{problem.message}</Empty>;
  return <Empty title={`No ${what} here.`}>There are none, or they are not yours to see.</Empty>;
}
