import type { CallerProof } from '#domain/caller-proof.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { Catalog } from '#domain/catalog.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import type { IdPrefix } from '#domain/ids.js';
import type { AgentFacts, PolicyDecision, PolicyQuestion } from '#domain/policy-decision.js';
import type { AskLedger } from './ask/ask-ledger.js';
import type { AgentReads, Agents } from './ask/agents.js';
import type { EscalationReads, Escalations } from './ask/escalations.js';
import type { Idempotency } from './ask/idempotency.js';
import type { BreakGlassLedger } from './judge/break-glass.js';
import type { GrantReads, Grants } from './collect/grants.js';
import type { TokenReads, Tokens } from './collect/tokens.js';
import type { Comments } from './people/comments.js';
import type { BeforeReads } from './watch/context/before.js';
import type { VoteReads, Votes } from './decide/votes.js';
import type { Endings } from './end/end-rows.js';
import type { Reminders } from './decide/reminders-given.js';
import type { EventJournal } from './journal.js';
import type { AppliedConfigurations } from './judge/applied-configurations.js';
import type { SigningKeyRows } from './keys/signing-key-rows.js';
import type { StopOrders } from './end/stop-orders.js';
import type { PasskeyReads, PasskeyRows } from './people/passkeys.js';
import type { People } from './people/people.js';
import type { RestoreRows } from './recover/restore-rows.js';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantRow } from './rows/grant.js';
import type { Needs } from './needs.js';
import type { SealedKind, SealSubject } from './sealed-kinds.js';
import type { SigningAlg } from './keys/signing-keys.js';
import type { SlackLinkRows } from './people/slack-links.js';
import type { StatusPlace, StatusPlaces } from './watch/status-list.js';
import type { UseRows } from './use/use-rows.js';

/** What is read outside any transaction: the nouns with their verbs that lock nothing and write nothing. */
export interface Reads {
  readonly agents: AgentReads;
  readonly before: BeforeReads;
  readonly escalations: EscalationReads;
  readonly grants: GrantReads;
  readonly passkeys: PasskeyReads;
  readonly people: People;
  readonly tokens: TokenReads;
  readonly votes: VoteReads;
  /** Epoch milliseconds of the database clock. */
  now(): Promise<number>;
}

/** The rows that lead from a request to a token and its uses. */
interface AuthorityRows {
  /** Lock first: agent, escalation, grant, in this order. */
  readonly agents: Agents;
  readonly escalations: Escalations;
  readonly grants: Grants;
  readonly tokens: Tokens;
  readonly uses: UseRows;
  readonly votes: Votes;
  /** The agent's other asks. */
  readonly asks: AskLedger;
  readonly reminders: Reminders;
  readonly comments: Comments;
  /** First answers of calls that may be repeated. */
  readonly idempotency: Idempotency;
  /** Rows that end, many at once. */
  readonly endings: Endings;
}

/** The rows around them: who people are, what stops, and what a broker keeps. */
interface BrokerRows {
  readonly people: People;
  /** Passkeys, and the challenges they sign. */
  readonly passkeys: PasskeyRows;
  /** Slack accounts that people have linked to themselves. */
  readonly slackLinks: SlackLinkRows;
  readonly configurations: AppliedConfigurations;
  /** Uses of break-glass. */
  readonly breakGlass: BreakGlassLedger;
  /** Kill switches for tasks and approvers. */
  readonly stopOrders: StopOrders;
  readonly keys: SigningKeyRows;
  /** Places on status lists. */
  readonly statusPlaces: StatusPlaces;
  /** Times that the database was put back. */
  readonly restores: RestoreRows;
}

/**
 * What a use case may do inside one transaction, a noun for each kind of row. A function takes those it touches:
 * `Pick<Transaction, 'grants' | 'journal'>`. There is no verb here that could reach a network.
 */
export interface Transaction extends AuthorityRows, BrokerRows {
  /** What happened, and what must follow the commit. */
  readonly journal: EventJournal;
}

/** The database as use cases know it. */
export abstract class Store {
  /** Reads outside any transaction, each on the database clock. */
  abstract readonly read: Reads;
  /**
   * Runs `work` in one transaction, READ COMMITTED, and returns what it returns. Work that throws is rolled back. Work may
   * be run up to three times, when others have undone it, so it changes nothing but its transaction. After a commit that
   * enqueued work the relay of this process is woken, or the relays elsewhere are told, which otherwise poll.
   */
  abstract run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same for a verb that is asked very often: works that wait at once share one transaction. What `needs` names is
   * locked and read for all of them in one statement, what they write is written at their end in another. Each is answered
   * for itself, and one that fails spoils no other. A work that needs more is run again with a transaction of its own.
   */
  abstract runBatched<T>(needs: Needs, work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** One file of policies: its text, and where each policy begins. */
export interface PolicyFileListing {
  readonly name: string;
  readonly text: string;
  readonly policies: readonly {
    readonly id: string;
    readonly role: 'forbid' | 'allow' | 'require_approval';
    readonly line: number;
  }[];
}

/** The configuration in force: catalog and policies of one applied version. */
export interface Registry {
  readonly seq: string;
  readonly catalog: Catalog;
  readonly policyVersion: string;
  /** The set's files, each with the policies in it. */
  readonly policyFiles: readonly PolicyFileListing[];
  /** What people call what this configuration names, and how its calls are said to them. */
  readonly words: CatalogWords;
  decide(question: PolicyQuestion): PolicyDecision;
  /** True when some permit could match a request of this agent for this action. */
  couldPermit(agent: PolicyQuestion['agent'], resource: string, action: string): boolean;
  /** Decides an ask for this action with nothing filled in. */
  decideEmptyAsk(
    agent: PolicyQuestion['agent'],
    resource: string,
    action: string,
    facts: AgentFacts,
    nowMs: number,
  ): PolicyDecision;
}

/** A configuration, and how a `Glance` names it. */
export interface Recent {
  readonly registry: Registry;
  readonly configuration: string | null;
}

/** Always the newest applied configuration: a process that did not apply it must not answer from an older one. */
export abstract class RegistrySource {
  /** @param askedAt for what was asked sooner: the one that was in force at that `performance.now()`, or later */
  abstract current(askedAt?: number): Promise<Registry>;
  /** The one that was loaded last, and its name. To be believed once something that was read later gives the same name. */
  recent(): Recent | null {
    return null;
  }
  /** The configuration by whose policies a request of this moment (epoch ms) was decided; `null` where it is not found any more. */
  abstract pinned(policyVersion: string, at: number): Promise<Registry | null>;
}

/**
 * The configuration that a call is prepared under: the one that its caller was proved by, where the call's transaction will
 * say whether it is in force; else the newest.
 */
export async function registryOf(source: RegistrySource, proof: CallerProof | undefined): Promise<Registry> {
  const recent = proof === undefined ? null : source.recent();
  return recent !== null && recent.configuration === proof?.under ? recent.registry : source.current();
}

/** Keys over content: see `sealed-kinds.ts` for the rows that carry a seal and where it is judged. */
export abstract class Seals {
  abstract mac(kind: SealedKind, content: unknown): string;
  /** The same as `sound` and tells nobody: for the history, over which a watch of its own tells. */
  abstract matches(kind: SealedKind, content: unknown, mac: string | null): boolean;
  /**
   * True when the seal is the one over this content, never for content that is not JSON, as a row that somebody else wrote
   * may hold. A row whose seal is wrong, or `null`: missing, is told of, once.
   */
  abstract sound(kind: SealedKind, row: string, content: unknown, mac: string | null, about?: SealSubject): boolean;
  /** The continuation's code for an escalation: derived, never stored. */
  abstract deferralCode(escalationId: string): string;
  abstract deferralHash(code: string): Buffer;
}

export abstract class Ids {
  abstract next(prefix: IdPrefix): string;
}

export interface MintInput {
  readonly jti: string;
  /** The key to sign with, as `SigningKeyRows.signing` named it. */
  readonly kid: string;
  readonly grant: GrantRow;
  readonly escalationId: string;
  readonly chain: EscalationRow['request']['chain'];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly grantExpiresAt: number;
  readonly maxTokenTtlSeconds: number;
  /** Where verifiers find out whether it still counts. */
  readonly status: StatusPlace;
}

/** Builds, validates, clamps and signs access tokens; reads only its own. */
export abstract class TokenMint {
  /** @throws SigningKeyNotMet when this process must learn the key first */
  abstract mint(
    input: MintInput,
  ): Promise<{ jwt: string; kid: string; claims: Record<string, unknown>; expiresAt: number }>;
  /** False when a token for this authority could not stay under 6 KiB: such a request is refused before people see it. */
  abstract fits(request: { agentId: string; resource: string; alg: SigningAlg; request: EscalationRequest }): boolean;
  /**
   * Signs stored claims again: the same `jti` and `exp`. `null` where they are not what this authority gives: they carry no seal.
   * @throws SigningKeyNotMet for an unknown or compromised key
   */
  abstract resign(
    kid: string,
    claims: Readonly<Record<string, unknown>>,
    authority: Pick<MintInput, 'grant' | 'escalationId' | 'chain'>,
  ): Promise<string | null>;
  /** The claims of a token this broker signed, or `null`. Says nothing about whether it is still good. */
  abstract read(jwt: string): Promise<Readonly<Record<string, unknown>> | null>;
  /**
   * False when the token's signature has a twin that verifies too and is the one to be used: of the two that ES256 gives,
   * this broker signs with one. To be asked of a token that was read.
   */
  abstract isCanonical(jwt: string): boolean;
  /** Kids of rows that this process has met and cannot open: they are no keys of ours. */
  abstract unreadableKids(): readonly string[];
  /** Reads the keys anew, making the first of `alg` when there is none. Never inside a transaction. */
  abstract learnKeys(alg: SigningAlg): Promise<void>;
}

/** What this broker calls itself, an origin: a `string`. */
export const ISSUER = Symbol('issuer');

/** Wakes long polls: resolves when something about the escalation may have changed, or after `ms`. */
export abstract class ChangeSignal {
  abstract wait(escalationId: string, ms: number): Promise<void>;
  abstract changed(escalationId: string): void;
  /** Calls `heard` for every escalation that may have changed, with `null` after a gap in which any may have. Returns how to stop. */
  abstract watch(heard: (escalationId: string | null) => void): () => void;
}
