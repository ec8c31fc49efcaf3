import type { ReactNode } from 'react';
import type { PolicyFileAnswer, PolicySetAnswer } from '#contracts/configure/policies.dto.js';
import { shortDigest } from '#domain/words/short-words.js';
import { useResource } from '../api/resource.js';
import { Link } from '../router.js';
import { PageTitle } from '../ui/page-title.js';
import { Empty, Shown } from '../ui/states.js';
import { Line } from '../ui/inert.js';
import { count } from '../words/words.js';
import { DryRun } from './dry-run.js';
import { visibleText } from '#domain/inert-text.js';

const ROLES: Readonly<Record<PolicyFileAnswer['policies'][number]['role'], string>> = {
  allow: 'allows at once',
  require_approval: 'asks people',
  forbid: 'forbids',
};

/** The policies in force, to read and to try. They change by `npx writ apply`, never here. */
export function PoliciesPage(): ReactNode {
  const set = useResource<PolicySetAnswer>('/v1/policies');
  return (
    <>
      <PageTitle
        title="Policies"
        lead={
          <>
            What is in force, and what it would say. Changes are made in the configuration folder and applied from
            there; <Link to="/policies/changes">what changed when</Link> is kept.
          </>
        }
        aside={set.data === null ? null : <span className="badge">version {shortDigest(set.data.version)}</span>}
      />
      <DryRun />
      <Shown of={set} what="policies">
        {({ files }) =>
          files.length === 0 ? (
            <Empty title="No policies.">Without one, everything is denied.</Empty>
          ) : (
            files.map((file) => <File key={file.name} file={file} />)
          )
        }
      </Shown>
    </>
  );
}

/** One file of policies, folded: its rules by line, and its text. */
export function File({ file }: { readonly file: PolicyFileAnswer }): ReactNode {
  return (
    <details className="panel">
      <summary>
        <Line text={file.name} mono />{' '}
        <span className="quiet small-text">
          {file.policies.length === 1 ? '1 policy' : `${file.policies.length} policies`}
        </span>
      </summary>
      <div>
        <ul className="rules small-text after" aria-label={`${count(file.policies.length, 'rule')} of ${file.name}`}>
          {file.policies.map(({ id, role, line }) => (
            <li key={id}>
              <span className="quiet">line {line}</span> <Line text={id} mono />{' '}
              <span className="badge">{ROLES[role]}</span>
            </li>
          ))}
        </ul>
        <pre className="policy-text after" tabIndex={0} aria-label={`Text of ${file.name}`}>
          {file.text.split('\n').map((line, index) => (
            <code key={index}>{visibleText(line.replaceAll('\t', '  '))}</code>
          ))}
        </pre>
      </div>
    </details>
  );
}
