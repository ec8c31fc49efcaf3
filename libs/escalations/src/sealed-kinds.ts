import type { HistoryEntry } from './rows/history.js';

/**
 * The rows that carry a seal: a MAC under a key derived from the master key, over what the row says. A stranger
 * who can write to the tables and lacks that key can take authority away and cannot make any: a row whose seal is missing or wrong
 * counts for nothing, is told once and harms no other (docs/adr/0006, docs/adr/0017).
 */
export const SEALED_KINDS = {
  configuration:
    'an applied configuration: who there is, what may be asked, which policies hold; judged whenever one is loaded',
  session: 'a session of a person; judged at each request that comes with its cookie',
  login_code: 'a code that opens a session; judged when it is exchanged',
  passkey: 'whose passkey a key is; judged at the step-up, the vote, the settling and the minting',
  slack_binding: 'which person a Slack account is; judged at each click',
  vote: 'what a person decided; judged at the settling, the minting and each renewal',
  policy: 'what policy answered to a request; judged at the settling, the minting and each renewal',
  grant: 'what was granted; judged wherever a token of it counts',
  event: 'an entry of the audit log, over the words of its event; judged by whoever reads the event',
  watch: 'what the watch over the history has seen and found; judged when it goes on',
  key: 'a signing key; sealed by being wrapped, judged whenever the keys are read',
  use: 'what a verifier asked and was answered; judged before an answer is repeated',
  answer: 'what a call with an Idempotency-Key was answered; judged before it is repeated',
  suspension: 'that an agent was suspended, retired or resumed; judged wherever it asks and whatever it holds is read',
  kill: 'that a task, or what a person approved, was ended; judged wherever a request, a vote or a grant is read',
  review: 'what a person said that ends a hold after a restore, or a debt of break-glass; judged where either counts',
} as const;

export type SealedKind = keyof typeof SEALED_KINDS;

/** The agent, request and grant that a broken seal concerns, as far as sound rows tell. */
export type SealSubject = Pick<HistoryEntry, 'escalation' | 'grant' | 'agent'>;

/** Hears of rows whose seal is missing or wrong. */
export abstract class BrokenSeals {
  /**
   * Tells of the row, once for good: `seal.broken` in the history, a line in the log, `writ_seal_broken_total`.
   * Returns at once and never fails; what it tells never waits for a lock of the caller.
   */
  abstract found(kind: SealedKind, row: string, about?: SealSubject): void;
}
