import { useState, type ReactNode } from 'react';
import type { ReplayAnswer, RuleInsightAnswer, RuleProposalAnswer } from '#contracts/watch/insights.dto.js';
import { roughDuration } from '#domain/words/duration-words.js';
import { post } from '../api/client.js';
import { useAction } from '../ui/action.js';
import { Dialog } from '../ui/dialog.js';
import { Line } from '../ui/inert.js';
import { Failed } from '../ui/states.js';
import { NumberCell, Table } from '../ui/table.js';
import { figure, share } from '../words/words.js';
import { visibleText } from '#domain/inert-text.js';

const NUMBERS = ['Asked', 'Approved', 'Denied', 'Approve rate', 'Median time'];

/** What people said to what each rule sent to them. */
export function RuleTable({ items }: { readonly items: readonly RuleInsightAnswer[] }): ReactNode {
  const [proposed, setProposed] = useState<string | null>(null);
  return (
    <>
      <Table heads={['Rule', ...NUMBERS]} numbers={NUMBERS} act="Proposal">
        {items.map((rule) => (
          <Rule key={rule.rule} rule={rule} propose={setProposed} />
        ))}
      </Table>
      {proposed === null ? null : <ProposalDialog rule={proposed} close={() => setProposed(null)} />}
    </>
  );
}

interface RuleProps {
  readonly rule: RuleInsightAnswer;
  readonly propose: (rule: string) => void;
}

function Rule({ rule, propose }: RuleProps): ReactNode {
  return (
    <tr>
      <td>
        <Line text={rule.rule} mono />{' '}
        {rule.candidate === 'allow' ? <span className="badge medium">always approved</span> : null}
        {rule.candidate === 'forbid' ? <span className="badge high">always denied</span> : null}
        {rule.no_proposal === null ? null : <div className="quiet small-text">no proposal: {rule.no_proposal}</div>}
      </td>
      <NumberCell head="Asked">{figure(rule.asked)}</NumberCell>
      <NumberCell head="Approved">{figure(rule.approved)}</NumberCell>
      <NumberCell head="Denied">{figure(rule.denied)}</NumberCell>
      <NumberCell head="Approve rate">{rule.approve_rate === null ? '–' : share(rule.approve_rate)}</NumberCell>
      <NumberCell head="Median time">
        {rule.median_seconds === null ? '–' : roughDuration(rule.median_seconds)}
      </NumberCell>
      <td className="end">
        {rule.candidate === 'allow' ? (
          <button type="button" className="button small" onClick={() => propose(rule.rule)}>
            Propose a change<span className="unseen"> to {rule.rule}</span>
          </button>
        ) : null}
      </td>
    </tr>
  );
}

function ProposalDialog({ rule, close }: { readonly rule: string; readonly close: () => void }): ReactNode {
  const [proposal, setProposal] = useState<RuleProposalAnswer | null>(null);
  const action = useAction();
  const ask = (): void =>
    void action.run(async () =>
      setProposal(await post<RuleProposalAnswer>(`/v1/insights/rules/${encodeURIComponent(rule)}/proposal`)),
    );
  return (
    <Dialog title={`A change to ${rule}`} close={close}>
      <div className="stack">
        <p className="quiet">
          People always approve this. Here is the rule as one that allows at once, and what it would have done to past
          requests. Nothing changes until somebody puts it into the configuration and applies that.
        </p>
        {action.problem === null ? null : <Failed problem={action.problem} />}
        {proposal === null ? null : (
          <>
            <h3>
              <Line text={proposal.file} mono />
            </h3>
            <pre className="block" tabIndex={0} aria-label="Difference">
              {visibleText(proposal.diff.replaceAll('\t', '  '))}
            </pre>
            <Replay replay={proposal.replay} />
          </>
        )}
      </div>
      <div className="buttons">
        <button type="button" className="button" onClick={close}>
          Close
        </button>
        {proposal === null ? (
          <button type="button" className="button main" onClick={ask} disabled={action.busy} data-first="">
            {action.busy ? 'Replaying…' : 'Show it'}
          </button>
        ) : null}
      </div>
    </Dialog>
  );
}

function Replay({ replay }: { readonly replay: ReplayAnswer }): ReactNode {
  return (
    <>
      <h3>Replayed over {replay.considered} past requests</h3>
      <dl className="facts">
        <dt>Would be allowed</dt>
        <dd>{replay.would_allow}</dd>
        <dt>Would still ask</dt>
        <dd>{replay.would_ask}</dd>
        <dt>Would be denied</dt>
        <dd>{replay.would_deny}</dd>
      </dl>
      {replay.allowed_against_people > 0 ? (
        <p className="note bad">{replay.allowed_against_people} of them were denied by people.</p>
      ) : null}
    </>
  );
}
