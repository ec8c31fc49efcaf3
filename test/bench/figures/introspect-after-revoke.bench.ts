import { holdMany, openField, revoke, type Field, type Held } from '../sides/field.js';
import { figure, inRounds, median, type Bench, type Figures } from '../figure.js';

const TOKENS = 20;

/** From the answer to a revocation at one process until another has answered that the token is inactive. */
export const introspectAfterRevoke: Bench = {
  name: 'introspect_after_revoke',
  gives: ['introspect_after_revoke'],
  run: async ({ rounds }): Promise<Figures> => {
    const field = await openField({ processes: ['all', 'api'] });
    try {
      await holdMany(field, 3);
      const { ours, reference } = await inRounds(rounds, {
        ours: async () => median(await lookedAt(field, await holdMany(field, TOKENS), true)),
        reference: async () => median(await lookedAt(field, await holdMany(field, TOKENS), false)),
      });
      return {
        introspect_after_revoke: figure(ours, reference, 'ms', 'introspection of a live token at the same process'),
      };
    } finally {
      await field.close();
    }
  },
};

/** @throws when a revoked token is called active, however soon after the revocation's answer */
async function lookedAt(field: Field, tokens: readonly Held[], revoked: boolean): Promise<number[]> {
  const verifier = field.caller('payments-api', 1);
  const samples: number[] = [];
  for (const held of tokens) {
    if (revoked) await revoke(field, held);
    const began = performance.now();
    const { status, body } = await verifier.introspect(held.token);
    samples.push(performance.now() - began);
    if (status !== 200 || body.active === revoked)
      throw new Error(`a ${revoked ? 'revoked' : 'live'} token was answered ${status} ${JSON.stringify(body)}`);
  }
  return samples;
}
