import { holdMany, openField, revoke, type Field, type Held } from './field.js';
import { interleaved, percentiles, type Bench, type Figures } from './figure.js';
import { FollowingVerifier, PollingVerifier, type Verifier } from './verifier.js';

const VERIFIERS = 20;
/** One after the other, for those who are told. */
const REVOKED_ONE_BY_ONE = 25;
/** At once for those who poll, as a second is a second. */
const REVOKED_AT_ONCE = 5;

/** From the moment a revocation is sent to one process until each of 20 verifiers at another refuses the token. */
export const revokeToRefusal: Bench = {
  name: 'revoke_to_refusal',
  gives: ['revoke_to_refusal_p50', 'revoke_to_refusal_p99'],
  run: async (rounds): Promise<Figures> => {
    const field = await openField({ processes: ['api', 'api'] });
    try {
      await told(field, 3);
      const { ours, reference } = await interleaved(
        rounds,
        () => told(field, REVOKED_ONE_BY_ONE),
        () => asking(field, REVOKED_AT_ONCE),
      );
      const name = `${VERIFIERS} verifiers that introspect once a second`;
      return percentiles('revoke_to_refusal', ours, reference, 'ms', name);
    } finally {
      await field.close();
    }
  },
};

async function told(field: Field, count: number): Promise<number[]> {
  const base = field.processes[1]?.base ?? '';
  const open = (): Promise<Verifier> => FollowingVerifier.open(field.caller('payments-api', 1), base);
  const verifiers = await Promise.all(Array.from({ length: VERIFIERS }, open));
  const samples: number[] = [];
  for (const held of await holdMany(field, count)) samples.push(...(await refusals(field, verifiers, held)));
  await Promise.all(verifiers.map((verifier) => verifier.close()));
  return samples;
}

async function asking(field: Field, count: number): Promise<number[]> {
  const verifiers = Array.from({ length: VERIFIERS }, () => new PollingVerifier(field.caller('payments-api', 1)));
  const all = await holdMany(field, count);
  const samples = await Promise.all(all.map((held) => refusals(field, verifiers, held)));
  await Promise.all(verifiers.map((verifier) => verifier.close()));
  return samples.flat();
}

/** Milliseconds until each refuses. The call itself is in them, although verifiers may refuse before it is answered. */
async function refusals(field: Field, verifiers: readonly Verifier[], held: Held): Promise<number[]> {
  const refusing = verifiers.map((verifier) => verifier.refuses(held.token));
  const began = performance.now();
  await revoke(field, held);
  return (await Promise.all(refusing)).map((at) => at - began);
}
