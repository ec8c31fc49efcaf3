import type { CallerProof } from '#domain/caller-proof.js';
import type { KeptCall } from './ask/stored-answer.js';
import type { SigningAlg } from './keys/signing-keys.js';

/**
 * What a work locks and reads, named before it begins, so that works that wait at once are locked and read in one
 * statement. What it needs beyond that it reads by itself, and pays for with statements of its own.
 */
export interface Needs {
  /** The agent whose lock comes first: the living one of this id, or the one of this row. */
  readonly agent: { readonly id: string } | { readonly uid: string };
  /** A turn among the agent's asks: its call is counted, facts and open requests that ask the same are read. */
  readonly turn?: {
    /** The configuration that the ask was prepared under. Under another one the call is not counted yet. */
    readonly seq: string;
    /** Of which grants are counted. */
    readonly actions: readonly string[];
    readonly askHash: string;
  };
  /** The grant of this escalation, FOR UPDATE. */
  readonly grantOf?: string;
  /** A grant, FOR UPDATE, one of its tokens, and earlier rows of this call. */
  readonly use?: {
    readonly grant: string;
    readonly jti: string;
    readonly verifier: string;
    readonly callId: string;
  };
  /** The key that signs now, and a place on a status list. */
  readonly signs?: { readonly alg: SigningAlg; readonly unreadable: readonly string[] };
  /** The Idempotency-Key, and what was answered under it. */
  readonly call?: KeptCall;
  /**
   * How the caller was proved. @throws AssertionReplayed out of `runBatched` where its assertion was used before, and
   * ProofOutdated where another configuration is in force
   */
  readonly proof?: CallerProof;
}
