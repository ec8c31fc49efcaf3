import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import type { Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { keptBefore, type Before } from '../watch/context/before.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { HistoryEntry } from '../rows/history.js';

type Asked = Pick<EscalationRow, 'id' | 'agentId'>;

/** What the history tells of a decision. */
interface Cast {
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly via: 'rest' | 'slack';
  readonly limits: AuthorityLimits | null;
  readonly reason: string | null;
}

/** A vote in the history: what was decided and what its person had before them. @param signedBy the passkey, where one signed */
export function voteRecorded(
  row: Asked,
  { person, verdict, via, limits, reason }: Cast,
  { signedBy, shown }: { readonly signedBy: string | null; readonly shown: Before },
): HistoryEntry {
  return about(row).says(
    'vote.recorded',
    { kind: 'person', id: person },
    {
      verdict,
      via,
      limits,
      reason,
      ...(signedBy !== null && { signed_by: signedBy }),
      // Here and not in the vote's row, which is read at every minting: an entry of the history is sealed as well, is only
      // ever added, is exported with the vote, and costs nothing where nobody asks what was seen.
      shown: keptBefore(shown),
    },
  );
}

/** A vote that did not count, and why. */
export function voteRefused(row: Asked, { person, verdict, via }: Cast, refusal: Refusal): HistoryEntry {
  const data = { verdict, via, code: refusal.code, ...refusal.facts };
  return about(row).says('vote.refused', { kind: 'person', id: person }, data);
}
