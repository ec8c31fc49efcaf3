import { describe, expect, it } from '@jest/globals';
import { AssertionReplayed, CallerProof, ProofOutdated } from '#domain/caller-proof.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { completingProof } from './completes-proof.js';

const refusal = new RefusalError(refuse('not_requestable', 'No.'));

/** Runs work that ends so the first time, and says what was done: with which proof it ran, and how the caller was proved. */
async function ran(first: (proof: CallerProof) => string, prove: () => void = () => undefined) {
  const proof = new CallerProof('7/mac', { subject: 'support-bot', jti: 'j-1', expiresSeconds: 60 });
  const done: unknown[] = [];
  const outcome = await completingProof(
    async (leaves) => {
      done.push(leaves ? 'left' : 'proved');
      return leaves ? first(proof) : 'again';
    },
    () => proof,
    async (spent) => {
      done.push({ spent });
      prove();
    },
  ).catch((error: unknown) => error);
  return { outcome, done };
}

const thrown =
  (error: unknown, spends = false) =>
  (proof: CallerProof) => {
    proof.spent = spends;
    throw error;
  };

describe('work that completes its caller’s proof', () => {
  it('is done once when it has', async () => {
    const completed = (proof: CallerProof) => {
      proof.spent = true;
      return 'done';
    };
    expect(await ran(completed)).toEqual({ outcome: 'done', done: ['left'] });
    expect(await ran(thrown(refusal, true))).toEqual({ outcome: refusal, done: ['left'] });
  });

  it('is done again by a caller who is proved when it ended before, whether it answered or refused', async () => {
    const again = { outcome: 'again', done: ['left', { spent: false }, 'proved'] };
    expect(await ran(() => 'early')).toEqual(again);
    expect(await ran(thrown(refusal))).toEqual(again);
  });

  it('is done again when another configuration is in force, with an assertion that it has used up itself', async () => {
    const outdated = thrown(new ProofOutdated(), true);
    expect(await ran(outdated)).toEqual({ outcome: 'again', done: ['left', { spent: true }, 'proved'] });
  });

  it('is not done by an assertion that was used before', async () => {
    const unauthenticated = new RefusalError(refuse('unauthenticated', 'Used.'));
    const refused = await ran(thrown(new AssertionReplayed()), () => {
      throw unauthenticated;
    });
    expect(refused).toEqual({ outcome: unauthenticated, done: ['left', { spent: false }] });
  });

  it('is not done again after a fault: nobody knows what became of it', async () => {
    const fault = new Error('the database does not answer');
    expect(await ran(thrown(fault))).toEqual({ outcome: fault, done: ['left'] });
  });
});
