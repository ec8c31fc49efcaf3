import type { ReactNode } from 'react';
import { remove } from '../api/client.js';
import { useResource } from '../api/resource.js';
import type { SessionItemAnswer, SessionListAnswer } from '#contracts/people/sessions.dto.js';
import { go } from '../router.js';
import { usePerson, useSession } from '../session.js';
import { useAction } from '../ui/action.js';
import { When } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { Failed, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { nameAndId } from '../words/words.js';
import { Passkeys } from './passkeys.js';
import { SlackAccounts } from './slack-accounts.js';
import { TimeZone } from './time-zone.js';

/** What belongs to the person: passkeys, sessions, the Slack account, the zone of times. */
export function AccountPage(): ReactNode {
  const person = usePerson();
  const { signOut } = useSession();
  return (
    <>
      <PageTitle
        title="Account"
        lead={`${nameAndId(person.name, person.person)} · ${person.roles.length === 0 ? 'no role' : person.roles.join(', ')}`}
        aside={
          <button type="button" className="button" onClick={() => void signOut().then(() => go('/'))}>
            Sign out
          </button>
        }
      />
      <Passkeys />
      <Sessions />
      <SlackAccounts />
      <TimeZone />
    </>
  );
}

const WAYS: Readonly<Record<SessionItemAnswer['signed_in_by'], string>> = {
  code: 'one-time link',
  oidc: 'organisation',
  enrolment: 'enrolment link',
};

function Sessions(): ReactNode {
  const sessions = useResource<SessionListAnswer>('/v1/people/sessions');
  const { refresh } = useSession();
  const action = useAction();
  const end = (session: SessionItemAnswer): void =>
    void action
      .run(() => remove(`/v1/people/sessions/${encodeURIComponent(session.id)}`))
      .then((went) => {
        if (!went) return;
        if (session.current) void refresh();
        else sessions.reload();
      });
  return (
    <section className="panel" aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      {action.problem === null ? null : <Failed problem={action.problem} />}
      <Shown of={sessions} what="sessions">
        {({ items }) => (
          <Table heads={['Opened', 'By', 'Ends']} act="End it">
            {items.map((session) => (
              <tr key={session.id}>
                <td data-name="Opened">
                  <When at={session.opened_at} />{' '}
                  {session.current ? <span className="badge accent">this one</span> : null}
                </td>
                <td data-name="By">{WAYS[session.signed_in_by]}</td>
                <td data-name="Ends">
                  <When at={session.expires_at} />
                </td>
                <td className="end">
                  <button type="button" className="button small" onClick={() => end(session)} disabled={action.busy}>
                    End<span className="unseen"> this session</span>
                  </button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Shown>
    </section>
  );
}
