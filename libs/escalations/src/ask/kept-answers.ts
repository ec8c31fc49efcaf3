import type { Seals, Transaction } from '../ports.js';
import type { KeptCall, StoredAnswer } from './stored-answer.js';
import { answerContent } from '../sealed-content.js';

/** The answer that was given to this call; `null` for none, and for a row that this broker never wrote. */
export async function keptAnswer(
  tx: Pick<Transaction, 'idempotency'>,
  seals: Seals,
  call: KeptCall,
): Promise<StoredAnswer | null> {
  const stored = await tx.idempotency.find(call.caller, call.route, call.key);
  if (stored === null) return null;
  const row = `${call.caller} ${call.route} ${call.key}`;
  const sound = seals.sound('answer', row, answerContent(call, stored), stored.mac, { agent: call.caller });
  return sound ? stored : null;
}

/** Keeps an answer under its seal, in the place of one that somebody else wrote. */
export async function keepAnswer(
  tx: Pick<Transaction, 'idempotency'>,
  seals: Seals,
  call: KeptCall,
  answer: Omit<StoredAnswer, 'mac'>,
): Promise<void> {
  const { caller, route, key } = call;
  const mac = seals.mac('answer', answerContent(call, answer));
  await tx.idempotency.store(caller, route, key, { ...answer, mac });
}
