import type { ReactNode } from 'react';
import type { KeptPolicySetAnswer } from '#contracts/configure/policy-history.dto.js';
import { shortDigest } from '#domain/words/short-words.js';
import { useResource } from '../api/resource.js';
import { Link } from '../router.js';
import { When } from '../ui/moments.js';
import { PageTitle } from '../ui/page-title.js';
import { Empty, Shown } from '../ui/states.js';
import { File } from './policies.js';

/** One set of policies as it was, whole. What was decided under it was decided by these words. */
export function PolicyVersionPage({ version }: { readonly version: string }): ReactNode {
  const set = useResource<KeptPolicySetAnswer>(`/v1/policies/${encodeURIComponent(version)}`);
  return (
    <>
      <PageTitle
        title="Policies as they were"
        lead={set.data === null ? undefined : <Lead set={set.data} />}
        aside={<span className="badge">version {shortDigest(version)}</span>}
      />
      <Shown of={set} what="set of policies">
        {({ files }) =>
          files.length === 0 ? (
            <Empty title="No policies.">Everything was denied.</Empty>
          ) : (
            files.map((file) => <File key={file.name} file={file} />)
          )
        }
      </Shown>
    </>
  );
}

function Lead({ set }: { readonly set: KeptPolicySetAnswer }): ReactNode {
  return (
    <>
      First in force <When at={set.first.at} />
      {set.in_force ? ', and in force now. ' : '. Other policies are in force now. '}
      <Link to="/policies/changes">All changes</Link>
    </>
  );
}
