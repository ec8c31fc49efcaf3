import type { ReactNode } from 'react';
import { LiveFeed } from './api/live.js';
import { AccountPage } from './pages/account.js';
import { AgentsPage } from './pages/agents.js';
import { EscalationPage } from './pages/escalation/page.js';
import { GrantsPage } from './pages/grants.js';
import { HistoryPage } from './pages/history.js';
import { InboxPage } from './pages/inbox/page.js';
import { InsightsPage } from './pages/insights.js';
import { LoginPage } from './pages/login.js';
import { PoliciesPage } from './pages/policies.js';
import { match, Router, usePath } from './router.js';
import { SessionKeeper, useSession } from './session.js';
import { Frame } from './ui/frame.js';
import { PageTitle } from './ui/page-title.js';
import { Failed, Loading } from './ui/states.js';

/** The console. */
export function App(): ReactNode {
  return (
    <Router>
      <SessionKeeper>
        <Gate />
      </SessionKeeper>
    </Router>
  );
}

/** Nothing but the sign-in page without a session; `/login` also with one, because its code may be for somebody else. */
function Gate(): ReactNode {
  const { signed, refresh } = useSession();
  const path = usePath();
  if (path === '/login' || signed.state === 'out') return <LoginPage />;
  if (signed.state === 'asking') return <Loading what="the console" />;
  if (signed.state === 'failed')
    return (
      <div className="bare">
        <main>
          <Failed problem={signed.problem} retry={() => void refresh()} />
        </main>
      </div>
    );
  return (
    <LiveFeed>
      <Frame>
        <CurrentPage path={path} />
      </Frame>
    </LiveFeed>
  );
}

const PAGES: Readonly<Record<string, () => ReactNode>> = {
  '/history': HistoryPage,
  '/agents': AgentsPage,
  '/grants': GrantsPage,
  '/policies': PoliciesPage,
  '/insights': InsightsPage,
  '/account': AccountPage,
};

function CurrentPage({ path }: { readonly path: string }): ReactNode {
  const waiting = path === '/' ? { id: null } : match('/inbox/:id', path);
  if (waiting !== null) return <InboxPage openId={waiting['id'] ?? null} />;
  const escalation = match('/escalations/:id', path);
  if (escalation !== null) return <EscalationPage key={escalation['id']} id={escalation['id'] ?? ''} />;
  const Page = PAGES[path];
  if (Page !== undefined) return <Page />;
  return <PageTitle title="There is no such page" lead="The address may be mistyped." />;
}
