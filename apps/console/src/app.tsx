import { useEffect, type ReactNode } from 'react';
import { LiveFeed } from './api/live.js';
import { AccountPage } from './pages/account.js';
import { AgentPage } from './pages/agent.js';
import { AgentsPage } from './pages/agents.js';
import { ChangesPage } from './pages/changes.js';
import { EscalationPage } from './pages/escalation/page.js';
import { GrantsPage } from './pages/grants.js';
import { HistoryPage } from './pages/history.js';
import { InboxPage } from './pages/inbox/page.js';
import { InsightsPage } from './pages/insights.js';
import { LoginPage } from './pages/login.js';
import { NoPage, NoPageOutside } from './pages/no-page.js';
import { PoliciesPage } from './pages/policies.js';
import { PolicyVersionPage } from './pages/policy-version.js';
import { go, match, Router, usePath } from './router.js';
import { SessionKeeper, useRole, useSession } from './session.js';
import { Frame } from './ui/frame.js';
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
  const page = pageAt(path);
  if (path !== '/login' && signed.state === 'out' && page === null) return <NoPageOutside />;
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
      <Frame>{page ?? <NoPage />}</Frame>
    </LiveFeed>
  );
}

const PAGES: Readonly<Record<string, () => ReactNode>> = {
  '/history': HistoryPage,
  '/agents': AgentsPage,
  '/grants': GrantsPage,
  '/policies': PoliciesPage,
  '/policies/changes': ChangesPage,
  '/insights': InsightsPage,
  '/account': AccountPage,
};

/** The inbox; whoever can never vote has nothing to find there, and begins with what is live. */
function FirstPage({ openId }: { readonly openId: string | null }): ReactNode {
  const votes = useRole('approver');
  useEffect(() => {
    if (!votes) go('/grants', true);
  }, [votes]);
  return votes ? <InboxPage openId={openId} /> : null;
}

/** The page at this path, `null` where there is none. */
function pageAt(path: string): ReactNode {
  const waiting = path === '/' ? { id: null } : match('/inbox/:id', path);
  if (waiting !== null) return <FirstPage openId={waiting['id'] ?? null} />;
  const escalation = match('/escalations/:id', path);
  if (escalation !== null) return <EscalationPage key={escalation['id']} id={escalation['id'] ?? ''} />;
  const agent = match('/agents/:id', path);
  if (agent !== null) return <AgentPage key={agent['id']} id={agent['id'] ?? ''} />;
  const past = match('/policies/versions/:version', path);
  if (past !== null) return <PolicyVersionPage key={past['version']} version={past['version'] ?? ''} />;
  const Page = PAGES[path];
  return Page === undefined ? null : <Page />;
}
