import type { StoredAnswer } from './stored-answer.js';

/** First answers of calls that bear an Idempotency-Key: one for each caller, route and key. */
export interface Idempotency {
  /** Takes the key's lock until the commit, without waiting; false when another transaction holds it. */
  claim(caller: string, route: string, key: string): Promise<boolean>;
  /** The answer that is kept under this key; `null` when there is none. Whether its seal is right the caller judges. */
  find(caller: string, route: string, key: string): Promise<StoredAnswer | null>;
  /** Keeps an answer, in the place of one that is kept under this key already. */
  store(caller: string, route: string, key: string, answer: StoredAnswer): Promise<void>;
}
