import type { ReactNode } from 'react';
import type {
  ApproverInsightAnswer,
  ApproverInsightsAnswer,
  RuleInsightsAnswer,
} from '#contracts/watch/insights.dto.js';
import type { BreakGlassUseAnswer } from '#contracts/ask/break-glass.dto.js';
import { roughDuration } from '#domain/words/duration-words.js';
import { usePages } from '../api/pages.js';
import { useResource } from '../api/resource.js';
import { Link } from '../router.js';
import { usePerson, useRole } from '../session.js';
import { Line, Words } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { Named } from '../ui/named.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Shown } from '../ui/states.js';
import { NumberCell, Table } from '../ui/table.js';
import { figure, share, titleOf } from '../words/words.js';
import { ReviewForm } from './break-glass.js';
import { RuleTable } from './rule-insights.js';

/** Where people's attention goes, and where it is wasted. */
export function InsightsPage(): ReactNode {
  const oversight = useRole('operator', 'auditor');
  return (
    <>
      <PageTitle
        title="Insights"
        lead="A question that always gets the same answer is a rule that nobody wrote down. Attention is finite."
      />
      {oversight ? (
        <>
          <Reviews />
          <Rules />
        </>
      ) : null}
      <Approvers />
    </>
  );
}

function Rules(): ReactNode {
  const rules = useResource<RuleInsightsAnswer>('/v1/insights/rules');
  return (
    <section className="panel" aria-labelledby="rules">
      <h2 id="rules">Rules that ask people</h2>
      <Shown of={rules} what="rules">
        {({ items, days }) =>
          items.length === 0 ? (
            <p className="quiet">No rule asked anybody in the last {days} days.</p>
          ) : (
            <RuleTable items={items} />
          )
        }
      </Shown>
    </section>
  );
}

function Approvers(): ReactNode {
  const approvers = useResource<ApproverInsightsAnswer>('/v1/insights/approvers');
  return (
    <section className="panel" aria-labelledby="approvers">
      <h2 id="approvers">How people decide</h2>
      <Shown of={approvers} what="approvers">
        {({ items, days }) =>
          items.length === 0 ? (
            <p className="quiet">Nothing was decided in the last {days} days.</p>
          ) : (
            <ApproverTable items={items} />
          )
        }
      </Shown>
    </section>
  );
}

const NUMBERS = ['Approved', 'Denied', 'Approve rate', 'Median time'];

/** The shares of fast approvals at which the bar changes its colour. */
const [FEW, MANY] = [0.2, 0.5];

/** How many of the approvals were fast, as a bar with its number. */
function FastBar({ fast, of }: { readonly fast: number; readonly of: number }): ReactNode {
  const words = `${figure(fast)} of ${figure(of)}`;
  return (
    <span className="bar-line">
      <meter
        className="bar"
        min={0}
        max={Math.max(of, 1)}
        low={of * FEW}
        high={of * MANY}
        optimum={0}
        value={fast}
        aria-label={`${words} approvals`}
      />
      <span>{words}</span>
    </span>
  );
}

function ApproverTable({ items }: { readonly items: readonly ApproverInsightAnswer[] }): ReactNode {
  const { person } = usePerson();
  return (
    <Table heads={['Person', ...NUMBERS, 'Under ten seconds']} numbers={NUMBERS} act={null}>
      {items.map((row) => (
        <tr key={row.person}>
          <td>
            <Named name={row.name} id={row.person} />{' '}
            {row.person === person ? <span className="badge">you</span> : null}
          </td>
          <NumberCell head="Approved">{figure(row.approved)}</NumberCell>
          <NumberCell head="Denied">{figure(row.denied)}</NumberCell>
          <NumberCell head="Approve rate">{share(row.approve_rate)}</NumberCell>
          <NumberCell head="Median time">{roughDuration(row.median_seconds)}</NumberCell>
          <td data-name="Under ten seconds">
            <FastBar fast={row.fast_approvals} of={row.approved} />{' '}
            {row.fast_approvals > row.approved / 2 && row.fast_approvals >= 5 ? (
              <span className="badge medium">very fast</span>
            ) : null}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Break-glass that no operator has looked at. */
function Reviews(): ReactNode {
  const open = usePages<BreakGlassUseAnswer>('/v1/break-glass?reviewed=false&limit=50');
  const operator = useRole('operator');
  return (
    <section className="panel" aria-labelledby="glass">
      <h2 id="glass">{titleOf('Break-glass to review', open.data)}</h2>
      <Shown of={open} what="reviews">
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">None. Every use of break-glass has been looked at.</p>
          ) : (
            <ul className="stack">
              {items.map((use) => (
                <li key={use.escalation} className="stack">
                  <p>
                    <Link to={`/escalations/${use.escalation}`}>
                      <Line text={use.agent} /> on <Line text={use.resource} />
                    </Link>{' '}
                    <span className="quiet">
                      <When at={use.used_at} />, skipped <Line text={use.skipped.join(', ') || 'nobody'} />
                    </span>
                  </p>
                  {use.justification === null ? null : (
                    <Words label="The agent’s own words, unverified" text={use.justification} />
                  )}
                  {operator ? <ReviewForm id={use.escalation} done={open.reload} /> : null}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <ShowMore of={open} />
    </section>
  );
}
