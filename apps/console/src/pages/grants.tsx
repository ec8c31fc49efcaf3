import { useState, type ReactNode } from 'react';
import { post } from '../api/client.js';
import { useLive } from '../api/live.js';
import { usePages } from '../api/pages.js';
import type { InboxItem } from '../api/types.js';
import { Link } from '../router.js';
import { useAction } from '../ui/action.js';
import { RiskBadge, StatusBadge } from '../ui/badges.js';
import { FormDialog } from '../ui/dialog.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { TimeLeft } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { Table } from '../ui/table.js';
import { actionWords, titleOf, usesWords } from '../words/words.js';

/** Grants that can be used now or soon, with the way to end them. */
export function GrantsPage(): ReactNode {
  const live = usePages<InboxItem>('/v1/inbox?view=live&limit=100');
  const [revoking, setRevoking] = useState<InboxItem | null>(null);
  const listed = live.data?.items.find(({ id }) => id === revoking?.id);
  const gone = live.data?.more === false && listed === undefined;
  useLive(live.reload);
  return (
    <>
      <PageTitle
        title={titleOf('Live grants', live.data)}
        lead="Authority that agents hold or may still collect. Revoking ends it at the next check."
      />
      <Shown of={live} what="grants">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No live grants.">What you approve appears here until it ends.</Empty>
          ) : (
            <div className="panel">
              <GrantTable items={items} revoke={setRevoking} />
              <ShowMore of={live} />
            </div>
          )
        }
      </Shown>
      {revoking === null ? null : (
        <RevokeDialog
          ask={listed ?? revoking}
          over={gone ? 'This grant has ended meanwhile.' : null}
          close={() => setRevoking(null)}
          done={live.reload}
        />
      )}
    </>
  );
}

interface GrantTableProps {
  readonly items: readonly InboxItem[];
  readonly revoke: (item: InboxItem) => void;
}

function GrantTable({ items, revoke }: GrantTableProps): ReactNode {
  return (
    <Table heads={['What', 'Agent', 'Stands', 'Ends']} act="End it">
      {items.map((item) => {
        const granted = item.granted;
        const until = item.grant?.expires_at ?? item.grant?.ready_until;
        return (
          <tr key={item.id}>
            <td>
              <Link to={`/escalations/${item.id}`}>
                {actionWords(granted?.authorization_details ?? item.request.authorization_details)}
              </Link>{' '}
              on <Line text={item.resource} />
              <div>
                <RiskBadge risk={item.risk} />{' '}
                <span className="quiet small-text">{usesWords(granted?.max_uses ?? null)}</span>
              </div>
            </td>
            <td data-name="Agent">
              <Line text={item.agent} />
            </td>
            <td data-name="Stands">
              <StatusBadge status={item.grant?.status ?? item.status} />
            </td>
            <td data-name="Ends">{until === null || until === undefined ? '–' : <TimeLeft until={until} />}</td>
            <td className="end">
              {!item.may.revoke ? null : (
                <button type="button" className="button danger small" onClick={() => revoke(item)}>
                  Revoke<span className="unseen"> the grant of {item.agent}</span>
                </button>
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

interface RevokeDialogProps {
  readonly ask: Pick<InboxItem, 'agent' | 'grant' | 'resource'>;
  /** Why there is nothing left to revoke. */
  readonly over: string | null;
  readonly close: () => void;
  readonly done: () => void;
}

/** Ends one grant, with a reason for the record. */
export function RevokeDialog({ ask, over, close, done }: RevokeDialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const action = useAction();
  const revoke = (): void =>
    void action
      .run(() => post(`/v1/grants/${encodeURIComponent(ask.grant?.id ?? '')}/revoke`, { reason: reason.trim() }))
      .then((went) => {
        if (!went) return;
        close();
        done();
      });
  return (
    <FormDialog
      title="Revoke this grant"
      verb="Revoke now"
      danger
      close={close}
      submit={revoke}
      busy={action.busy}
      problem={action.problem}
      over={over}
    >
      <p className="quiet">
        <Line text={ask.agent} /> loses its authority on <Line text={ask.resource} /> at once. It can ask again.
      </p>
      <TextField
        name="Reason"
        hint="Kept in the history."
        value={reason}
        change={setReason}
        most={500}
        needed
        lines
        first
      />
    </FormDialog>
  );
}
