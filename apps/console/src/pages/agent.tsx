import { useState, type ReactNode } from 'react';
import type { AgentAskAnswer, WholeAgentAnswer } from '#contracts/watch/agents.dto.js';
import { useLiveCalmly } from '../api/live-calmly.js';
import { useResource } from '../api/resource.js';
import { Link } from '../router.js';
import { useRole } from '../session.js';
import { RiskBadge, StatusBadge } from '../ui/badges.js';
import { Line } from '../ui/inert.js';
import { TimeLeft, When } from '../ui/moments.js';
import { Named } from '../ui/named.js';
import { PageTitle } from '../ui/page-title.js';
import { Shown } from '../ui/states.js';
import { NumberCell, Table } from '../ui/table.js';
import { visibleLine } from '#domain/inert-text.js';
import { figure } from '../words/words.js';
import { SuspensionBadge } from './agents.js';
import { isSuspended, SuspensionDialog } from './suspension-dialog.js';

const AUTHENTICATES: Readonly<Record<WholeAgentAnswer['authenticates_by'], string>> = {
  jwks: 'its own key',
  secret_hash: 'a shared secret',
  federation: 'tokens of an OpenID issuer',
  spiffe: 'its SPIFFE identity',
};

/** One agent: what it may ask, what it holds, what it asks and what it did lately. */
export function AgentPage({ id }: { readonly id: string }): ReactNode {
  const path = `/v1/people/agents/${encodeURIComponent(id)}`;
  const loaded = useResource<WholeAgentAnswer>(path);
  const [open, setOpen] = useState(false);
  useLiveCalmly(loaded.reload);
  const agent = loaded.data;
  const may = agent !== null && (agent.may.suspend || agent.may.resume);
  return (
    <>
      <PageTitle
        title={agent === null ? visibleLine(id) : visibleLine(agent.name)}
        lead={agent === null ? undefined : <Lead agent={agent} />}
        aside={
          !may ? undefined : (
            <button
              type="button"
              className={`button ${isSuspended(agent) ? '' : 'danger'}`}
              onClick={() => setOpen(true)}
            >
              {isSuspended(agent) ? 'Resume' : 'Suspend'}
            </button>
          )
        }
      />
      <Shown of={loaded} what="agent">
        {(shown) => <Sections agent={shown} />}
      </Shown>
      {agent === null || !open ? null : (
        <SuspensionDialog agent={agent} close={() => setOpen(false)} done={loaded.reload} />
      )}
    </>
  );
}

function Lead({ agent }: { readonly agent: WholeAgentAnswer }): ReactNode {
  return (
    <span className="meta-line">
      <Line text={agent.id} mono />
      <SuspensionBadge agent={agent} />
      <span>
        owner <Named name={agent.owner_name} id={agent.owner} beneath={false} />
      </span>
      <span>{agent.groups.length === 0 ? 'in no group' : <Line text={`in ${agent.groups.join(', ')}`} />}</span>
      <span>proves itself by {AUTHENTICATES[agent.authenticates_by]}</span>
    </span>
  );
}

function Sections({ agent }: { readonly agent: WholeAgentAnswer }): ReactNode {
  const oversight = useRole('operator', 'auditor');
  const { counts, suspension } = agent;
  return (
    <>
      {suspension === null ? null : (
        <p className="note bad">
          Suspended <When at={suspension.at} /> by{' '}
          <Named name={suspension.by_name} id={suspension.by} beneath={false} />
          {suspension.reason === null ? (
            '.'
          ) : (
            <>
              : <Line text={suspension.reason} />
            </>
          )}
        </p>
      )}
      <Asks title="Holds" total={counts.live_grants} asks={agent.holds} ends="Ends" none="It holds nothing.">
        {oversight && counts.live_grants > agent.holds.length ? (
          <p className="after">
            <Link to={`/grants?agent=${encodeURIComponent(agent.id)}`}>All of its live grants</Link>
          </p>
        ) : null}
      </Asks>
      <Asks title="Waits for people" total={counts.pending} asks={agent.asks} ends="Lapses" none="It asks nothing." />
      <MayAsk agent={agent} />
      <Asks title="Did lately" total={null} asks={agent.lately} ends={null} none="It has asked nothing yet." />
    </>
  );
}

interface AsksProps {
  readonly title: string;
  /** How many there are in all; `null`: the newest ones are listed, however many there are. */
  readonly total: number | null;
  readonly asks: readonly AgentAskAnswer[];
  /** What its end is called; `null`: when it was asked is told instead. */
  readonly ends: string | null;
  readonly none: string;
  readonly children?: ReactNode;
}

function Asks({ title, total, asks, ends, none, children }: AsksProps): ReactNode {
  const id = title.toLowerCase().replaceAll(' ', '-');
  const part = total !== null && total > asks.length;
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>
        {title} {total === null ? null : <span className="count">{figure(total)}</span>}
      </h2>
      {asks.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <Table heads={['Risk', 'What', 'Stands', 'Uses', ends ?? 'Asked']} numbers={['Uses']} act={null}>
          {asks.map((ask) => (
            <AskRow key={ask.escalation} ask={ask} ends={ends} />
          ))}
        </Table>
      )}
      {part ? (
        <p className="quiet small-text after">
          The first {asks.length} of {figure(total)}.
        </p>
      ) : null}
      {children}
    </section>
  );
}

function AskRow({ ask, ends }: { readonly ask: AgentAskAnswer; readonly ends: string | null }): ReactNode {
  const what = ask.actions.map((action) => visibleLine(action)).join(', ');
  return (
    <tr>
      <td>
        <RiskBadge risk={ask.risk} />
      </td>
      <td>
        {ask.may_read ? <Link to={`/escalations/${ask.escalation}`}>{what}</Link> : what}
        <div>
          on <Named name={ask.resource_name} id={ask.resource} />
        </div>
      </td>
      <td data-name="Stands">
        <StatusBadge status={ask.status} />
        {ask.outcome === null ? null : <div className="quiet small-text">it says: {ask.outcome}</div>}
      </td>
      <NumberCell head="Uses">
        {ask.grant === null ? (
          <span className="quiet">–</span>
        ) : (
          <>
            {figure(ask.uses)}
            <span className="quiet"> of {ask.max_uses === null ? 'any' : figure(ask.max_uses)}</span>
          </>
        )}
      </NumberCell>
      <td data-name={ends ?? 'Asked'}>
        {ends === null ? <When at={ask.created_at} /> : ask.ends_at === null ? '–' : <TimeLeft until={ask.ends_at} />}
      </td>
    </tr>
  );
}

const OUTCOMES = { allow: 'Allowed at once', require_approval: 'People are asked', deny: 'Denied' } as const;
const TONES = { allow: 'low', require_approval: 'accent', deny: 'high' } as const;

function MayAsk({ agent }: { readonly agent: WholeAgentAnswer }): ReactNode {
  return (
    <section className="panel" aria-labelledby="may-ask">
      <h2 id="may-ask">May ask</h2>
      {agent.may_ask.length === 0 ? (
        <p className="quiet">No policy names it for anything.</p>
      ) : (
        <>
          <p className="quiet small-text">
            What an ask with nothing filled in would meet now. <em>Denied</em> may mean that more must be said, a ticket
            for instance.
          </p>
          <Table heads={['Resource', 'Action', 'Risk', 'An empty ask']} act={null}>
            {agent.may_ask.flatMap((resource) =>
              resource.actions.map((action) => (
                <tr key={`${resource.resource} ${action.action}`}>
                  <td>
                    <Named name={resource.name} id={resource.resource} />
                  </td>
                  <td data-name="Action">
                    <Line text={action.action} mono />
                  </td>
                  <td data-name="Risk">
                    <RiskBadge risk={action.risk} />
                  </td>
                  <td data-name="An empty ask">
                    <span className={`badge ${TONES[action.outcome]}`}>{OUTCOMES[action.outcome]}</span>
                  </td>
                </tr>
              )),
            )}
          </Table>
        </>
      )}
    </section>
  );
}
