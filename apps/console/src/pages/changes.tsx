import { useState, type ReactNode } from 'react';
import type {
  AppliedAnswer,
  CatalogDifferenceAnswer,
  ChangeCountsAnswer,
  DecisionCountsAnswer,
  PolicyChangeAnswer,
  PolicyDiffAnswer,
  PolicyDifferenceAnswer,
} from '#contracts/configure/policy-history.dto.js';
import { shortDigest } from '#domain/words/short-words.js';
import { usePages } from '../api/pages.js';
import { useResource } from '../api/resource.js';
import { Link } from '../router.js';
import { Diff } from '../ui/diff.js';
import { Line } from '../ui/inert.js';
import { When } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { ShowMore } from '../ui/show-more.js';
import { Empty, Shown } from '../ui/states.js';
import { count, nameAndId } from '../words/words.js';

/** The history of policy: when it changed, by whom, in what, and what was asked under each version. */
export function ChangesPage(): ReactNode {
  const changes = usePages<PolicyChangeAnswer>('/v1/policies/changes?limit=20');
  return (
    <>
      <PageTitle
        title="Changes"
        lead="Every configuration that was ever applied: when, by whom, what it changed, and what was asked while it was in force."
      />
      <Shown of={changes} what="changes">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was applied yet." />
          ) : (
            <ul className="stack">
              {items.map((change) => (
                <li key={change.seq}>
                  {change.applied === null ? (
                    <Unsound why={change.why} />
                  ) : (
                    <Change change={change} applied={change.applied} />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <ShowMore of={changes} />
    </>
  );
}

/** A row that nobody should believe; what it says is not shown. */
function Unsound({ why }: { readonly why: PolicyChangeAnswer['why'] }): ReactNode {
  if (why === 'no_seal')
    return (
      <p className="note">
        A configuration without a seal: from before there were seals, or written into the database by hand. It counts
        for nothing, and what it says is not shown.
      </p>
    );
  return (
    <p className="note bad">
      A configuration whose seal is wrong: somebody has written it into the database, or changed it there. It counts for
      nothing, and what it says is not shown.
    </p>
  );
}

interface ChangeProps {
  readonly change: PolicyChangeAnswer;
  readonly applied: AppliedAnswer;
}

function Change({ change, applied }: ChangeProps): ReactNode {
  const [open, setOpen] = useState(false);
  const { from, counts, decisions } = change;
  return (
    <details className="panel change" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <When at={applied.at} /> by <Who applied={applied} />{' '}
        {change.in_force ? <span className="badge accent">in force</span> : null}
        <span className="lines">
          {counts === null ? null : <span>{countWords(counts, from === null)}</span>}
          {decisions === null ? null : <span className="quiet">{decisionWords(decisions)}</span>}
        </span>
      </summary>
      {open ? <Details change={change} applied={applied} /> : null}
    </details>
  );
}

function Who({ applied }: { readonly applied: AppliedAnswer }): ReactNode {
  const { by, by_name } = applied;
  const id = by.id ?? '';
  if (by.kind === 'person') return <bdi>{nameAndId(by_name, id)}</bdi>;
  return <Line text={by.kind === 'system' ? id.replace(/^cli:/, '') : `${by.kind} ${id}`} />;
}

function Details({ change, applied }: ChangeProps): ReactNode {
  const { from } = change;
  return (
    <div className="stack">
      <dl className="facts">
        <dt>Applied</dt>
        <dd>
          {exactly(applied.at)}
          {applied.time_sealed ? null : <span className="quiet"> (before times were sealed)</span>}
        </dd>
        <dt>Policies</dt>
        <dd>
          <Link to={`/policies/versions/${applied.version}`}>
            the whole set, version <span className="mono">{shortDigest(applied.version)}</span>
          </Link>
        </dd>
        <dt>Configuration</dt>
        <dd className="mono">{shortDigest(applied.configuration)}</dd>
      </dl>
      {from === null ? (
        <p className="quiet">The first one: before it, everything was denied.</p>
      ) : (
        <Differences from={from.configuration} to={applied.configuration} />
      )}
    </div>
  );
}

function Differences({ from, to }: { readonly from: string; readonly to: string }): ReactNode {
  const diff = useResource<PolicyDiffAnswer>(`/v1/policies/diff?from=${from}&to=${to}`);
  return (
    <Shown of={diff} what="difference">
      {({ policies, catalog }) =>
        policies.length + catalog.length === 0 ? (
          <p className="quiet">The same policies and the same writ.yaml as before.</p>
        ) : (
          <>
            {policies.map((policy) => (
              <PolicyDifference key={`${policy.file} ${policy.policy ?? ''}`} of={policy} />
            ))}
            <CatalogDifferences items={catalog} />
          </>
        )
      }
    </Shown>
  );
}

function PolicyDifference({ of }: { readonly of: PolicyDifferenceAnswer }): ReactNode {
  const name = of.policy ?? of.file;
  return (
    <section className="stack" aria-label={`${name}, ${of.change}`}>
      <h2>
        <Line text={name} mono /> <span className="badge">{of.change}</span>{' '}
        {of.policy === null ? (
          <span className="quiet small-text">comments or layout alone</span>
        ) : (
          <span className="quiet small-text">
            in <Line text={of.file} mono />
          </span>
        )}
      </h2>
      {of.diff === '' ? null : <Diff text={of.diff} />}
    </section>
  );
}

function CatalogDifferences({ items }: { readonly items: readonly CatalogDifferenceAnswer[] }): ReactNode {
  if (items.length === 0) return null;
  return (
    <section className="stack" aria-label="writ.yaml">
      <h2>
        <span className="mono">writ.yaml</span>
      </h2>
      <ul className="stack">
        {items.map(({ kind, change, id, details }) => (
          <li key={`${kind} ${id}`}>
            {kind} {kind === 'limits' ? null : <Line text={id} mono />} <span className="badge">{change}</span>
            <ul className="places">
              {details.map((line, index) => (
                <li key={index}>
                  <Line text={line} mono />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function countWords(counts: ChangeCountsAnswer, first: boolean): string {
  const { policies_added: added, policies_removed: removed, policies_changed: changed, catalog } = counts;
  if (first) return `The first: ${policies(added)}`;
  const parts = [
    changed > 0 ? `${policies(changed)} changed` : '',
    added > 0 ? `${policies(added)} added` : '',
    removed > 0 ? `${policies(removed)} removed` : '',
    catalog > 0 ? `${count(catalog, 'change')} in writ.yaml` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'comments or layout alone' : parts.join(', ');
}

function policies(number: number): string {
  return number === 1 ? '1 policy' : `${number} policies`;
}

function decisionWords({ allowed, asked, denied, more }: DecisionCountsAnswer): string {
  const all = allowed + asked + denied;
  if (all === 0) return 'Nothing was asked under it';
  const parts = [
    allowed > 0 ? `${allowed} allowed` : '',
    asked > 0 ? `${asked} put to people` : '',
    denied > 0 ? `${denied} denied` : '',
  ].filter((part) => part !== '');
  return `${all}${more ? '+' : ''} asked under it: ${parts.join(', ')}`;
}

/** A moment of the record, with its date and its zone. */
function exactly(at: string): ReactNode {
  return <time dateTime={at}>{`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}</time>;
}
