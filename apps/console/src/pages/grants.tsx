import { useEffect, useState, type ReactNode } from 'react';
import type { LiveFiguresAnswer, LiveGrantAnswer } from '#contracts/watch/live-grants.dto.js';
import { post } from '../api/client.js';
import { useLive } from '../api/live.js';
import { useLiveCalmly } from '../api/live-calmly.js';
import { usePages } from '../api/pages.js';
import { useResource } from '../api/resource.js';
import type { Escalation } from '../api/types.js';
import { Link } from '../router.js';
import { useRole } from '../session.js';
import { useAction } from '../ui/action.js';
import { RiskBadge } from '../ui/badges.js';
import { FormDialog } from '../ui/dialog.js';
import { TextField } from '../ui/fields.js';
import { Line } from '../ui/inert.js';
import { TimeLeft } from '../ui/moments.js';
import { Named } from '../ui/named.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { NumberCell, Table } from '../ui/table.js';
import { useUrlFilters, type UrlFilters } from '../ui/url-filters.js';
import { actionWords, figure } from '../words/words.js';
import { Calls } from './escalation/calls.js';
import { GrantFilters, GrantTabs } from './grant-filters.js';

/** All authority that agents hold, for oversight; for others what they may end. */
export function GrantsPage(): ReactNode {
  const oversight = useRole('operator', 'auditor');
  const filters = useUrlFilters();
  const state = filters.of('status') === 'ready' ? 'ready' : 'active';
  const wanted = filters.query('risk', 'agent', 'resource', 'text');
  const live = usePages<LiveGrantAnswer>(`/v1/people/grants?status=${state}&limit=100${wanted}`);
  const counted = useResource<LiveFiguresAnswer>(
    `/v1/people/grants/counts${filters.query('agent', 'resource', 'text').replace('&', '?')}`,
  );
  const [figures, keep] = useState<LiveFiguresAnswer | null>(null);
  useEffect(() => {
    if (counted.data !== null) keep(counted.data);
  }, [counted.data]);
  useLive(live.reload);
  useLiveCalmly(counted.reload);
  const reload = (): void => {
    live.reload();
    counted.reload();
  };
  return (
    <>
      <PageTitle title={oversight ? 'All live grants' : 'Grants that you may end'} lead={leadOf(oversight)} />
      <GrantFilters filters={filters} figures={figures} state={state} />
      <GrantTabs filters={filters} figures={figures} state={state} />
      <Shown of={live} what="grants">
        {({ items }) =>
          items.length === 0 && live.data?.more !== true ? (
            <NothingLive filters={filters} filtered={wanted !== ''} oversight={oversight} state={state} />
          ) : (
            <div className="panel">
              <Grants items={items} state={state} more={live.data?.more === true} done={reload} />
              <ShowMore of={live} />
            </div>
          )
        }
      </Shown>
    </>
  );
}

function leadOf(oversight: boolean): string {
  const order = 'The highest risk first, then the nearest end.';
  return oversight
    ? `Everything that agents hold at this moment, whoever let them. ${order}`
    : `What you approved, or may end as the owner of a resource; not everything that is live. ${order}`;
}

interface NothingProps {
  readonly filters: UrlFilters;
  readonly filtered: boolean;
  readonly oversight: boolean;
  readonly state: 'active' | 'ready';
}

function NothingLive({ filters, filtered, oversight, state }: NothingProps): ReactNode {
  if (filtered)
    return (
      <Empty title="None that fits.">
        <Link to={filters.to({ risk: '', agent: '', resource: '', text: '' })}>Show all</Link>
      </Empty>
    );
  const what = state === 'ready' ? 'waits to be collected' : 'is in use';
  if (oversight) return <Empty title={`Nothing ${what}.`}>No agent holds anything of this kind.</Empty>;
  return <Empty title="None that you may end.">What you approve appears here until it ends.</Empty>;
}

interface GrantsProps {
  readonly items: readonly LiveGrantAnswer[];
  readonly state: 'active' | 'ready';
  /** Whether more wait behind these. */
  readonly more: boolean;
  readonly done: () => void;
}

function Grants({ items, state, more, done }: GrantsProps): ReactNode {
  const [revoking, setRevoking] = useState<LiveGrantAnswer | null>(null);
  const listed = items.some(({ id }) => id === revoking?.id);
  const any = items.some((item) => item.may_revoke);
  return (
    <>
      {items.length === 0 ? (
        <Empty title="None so far.">Many grants have just ended. There is more to look through behind them.</Empty>
      ) : (
        <Table
          heads={['Risk', 'What', 'Agent', 'Uses', state === 'ready' ? 'Collect within' : 'Ends']}
          numbers={['Uses']}
          act={any ? 'End it' : null}
        >
          {items.map((item) => (
            <GrantRow key={item.id} item={item} act={any} revoke={setRevoking} />
          ))}
        </Table>
      )}
      {revoking === null ? null : (
        <RevokeDialog
          ask={{ ...revoking, grant: revoking }}
          over={listed || more ? null : 'This grant has ended meanwhile.'}
          close={() => setRevoking(null)}
          done={done}
        />
      )}
    </>
  );
}

interface GrantRowProps {
  readonly item: LiveGrantAnswer;
  readonly act: boolean;
  readonly revoke: (item: LiveGrantAnswer) => void;
}

function GrantRow({ item, act, revoke }: GrantRowProps): ReactNode {
  const oversight = useRole('operator', 'auditor');
  const identifiers = item.authorization_details.flatMap(({ identifier }) => identifier ?? []);
  return (
    <tr>
      <td>
        <RiskBadge risk={item.risk} />
      </td>
      <td>
        <Link to={`/escalations/${item.escalation}`}>{actionWords(item.authorization_details)}</Link>
        {identifiers.length === 0 ? null : (
          <>
            {' '}
            <Line text={identifiers.join(', ')} mono />
          </>
        )}
        <div>
          on <Named name={item.resource_name} id={item.resource} />
        </div>
      </td>
      <td data-name="Agent">
        <Named
          name={item.agent_name}
          id={item.agent}
          to={oversight ? `/agents/${encodeURIComponent(item.agent)}` : undefined}
        />
      </td>
      <NumberCell head="Uses">
        {figure(item.uses)}
        <span className="quiet"> of {item.max_uses === null ? 'any' : figure(item.max_uses)}</span>
      </NumberCell>
      <td data-name={item.status === 'ready' ? 'Collect within' : 'Ends'}>
        <TimeLeft until={item.ends_at} />
      </td>
      {act ? (
        <td className="end">
          {item.may_revoke ? (
            <button type="button" className="button danger small" onClick={() => revoke(item)}>
              Revoke<span className="unseen"> the grant of {item.agent}</span>
            </button>
          ) : null}
        </td>
      ) : null}
    </tr>
  );
}

interface RevokeDialogProps {
  readonly ask: {
    readonly agent: string;
    readonly agent_name?: string;
    readonly resource: string;
    readonly resource_name?: string;
    readonly grant: { readonly id: string } | null;
    /** The calls that end; a list does not have them. */
    readonly calls?: Escalation['calls'];
  };
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
        <Named name={ask.agent_name} id={ask.agent} beneath={false} /> loses its authority on{' '}
        <Named name={ask.resource_name} id={ask.resource} beneath={false} /> at once. It can ask again.
      </p>
      {ask.calls === undefined ? null : <Calls calls={ask.calls} />}
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
