import type { NewVote } from './votes.js';
import { voteContent } from '../sealed-content.js';
import { signatureOf } from './signed-vote.js';
import { voteRecorded } from './vote-entries.js';
import type { Votable } from './deciding.js';

/** Writes the vote under its seal and its entry in the history. */
export async function castVote(context: Votable): Promise<Votable> {
  const { tx, tools, decision, row, voter, now, shown } = context;
  const content: Omit<NewVote, 'mac'> = {
    id: tools.ids.next('vote'),
    escalationId: row.id,
    person: decision.person,
    verdict: decision.verdict,
    digest: decision.digest,
    limits: decision.limits,
    reason: decision.reason,
    via: decision.via,
    personUid: voter.uid,
    at: now,
    stepUp: signatureOf(decision)?.signed ?? null,
  };
  await tx.votes.insert({ ...content, mac: tools.seals.mac('vote', voteContent(content)) });
  await tx.journal.record(
    [voteRecorded(row, decision, { signedBy: content.stepUp?.credential_id ?? null, shown })],
    now,
  );
  return { ...context, votes: await tx.votes.of(row.id) };
}
