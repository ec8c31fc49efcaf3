import type { Voter } from '#domain/approval/eligibility.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { Catalog } from '#domain/catalog.js';
import type { CatalogWords } from '#domain/words/catalog-words.js';
import type { IdPrefix } from '#domain/ids.js';
import type { AgentFacts, PolicyDecision, PolicyQuestion } from '#domain/policy-decision.js';
import type { Before, BeforeMoment } from './watch/context/before.js';
import type { EscalationMark } from './decide/reminders-given.js';
import type { NewComment } from './people/comments.js';
import type {
  Actor,
  AgentRow,
  EscalationRow,
  EscalationUpdate,
  GrantRow,
  GrantUpdate,
  HistoryEntry,
  NewEscalation,
  NewGrant,
  OutboxEntry,
  TokenRow,
  VoteRow,
} from './rows.js';
import type { AskLedger } from './ask/ask-ledger.js';
import type { BreakGlassLedger } from './judge/break-glass.js';
import type { EndRows } from './end/end-rows.js';
import type { KillRows } from './end/kill-rows.js';
import type { PasskeyRows } from './people/passkeys.js';
import type { RestoreRows } from './recover/restore-rows.js';
import type { SealedKind, SealSubject } from './sealed-kinds.js';
import type { SlackLinkRows } from './people/slack-links.js';
import type { StatusPlace, StatusPlaces } from './watch/status-list.js';
import type { StoredAnswer } from './ask/stored-answer.js';
import type { KeyChange, KeyRow, NewKey, SigningAlg } from './keys/signing-keys.js';
import type { UseRows } from './use/use-rows.js';

/** What a use case may do inside one transaction. There is no verb here that could reach a network. */
export abstract class Transaction {
  /** The agent's other asks. */
  abstract readonly asks: AskLedger;
  /** Rows that end, many at once. */
  abstract readonly ends: EndRows;
  /** Times that the database was put back. */
  abstract readonly restores: RestoreRows;
  /** Uses of break-glass. */
  abstract readonly breakGlass: BreakGlassLedger;
  /** Slack accounts that people have linked to themselves. */
  abstract readonly slackLinks: SlackLinkRows;
  /** Passkeys, and the challenges they sign. */
  abstract readonly passkeys: PasskeyRows;
  /** Kill switches for tasks and approvers. */
  abstract readonly kills: KillRows;
  /** Places on status lists. */
  abstract readonly statuses: StatusPlaces;
  /** Uses of tokens. */
  abstract readonly uses: UseRows;

  /** Locks the living agent of this id FOR SHARE and reads the clock after the lock; `null` when there is none. */
  abstract lockAgent(agentId: string): Promise<{ agent: AgentRow; now: number } | null>;
  /** The same by row, for an agent whose id may have been given away since. */
  abstract lockAgentRow(agentUid: string): Promise<{ agent: Omit<AgentRow, 'suspended'>; now: number }>;
  /** Waits its turn among the creating transactions of this agent: caps and counted facts hold only in a queue. */
  abstract queueBehindAgent(agentUid: string): Promise<void>;
  abstract configSeq(): Promise<string>;
  /** @param without the id of the request that is judged, where it is written already: it is no other pending ask */
  abstract facts(agentUid: string, actions: readonly string[], without?: string | null): Promise<AgentFacts>;
  abstract pendingCount(agentUid: string): Promise<number>;
  /** Counts a creating call in the current minute. Returns the calls so far and the seconds until the window turns. */
  abstract countCall(agentUid: string): Promise<{ calls: number; resetSeconds: number }>;
  /** Everyone of these groups, with roles and groups as they are now. */
  abstract votersOfGroups(groups: readonly string[]): Promise<Voter[]>;
  abstract voter(person: string): Promise<Voter | null>;
  /** True for a passkey that was ever registered, under its seal, for this very person; one removed since counts too. */
  abstract ownsPasskey(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean>;

  abstract insertEscalation(row: NewEscalation): Promise<EscalationRow>;
  /** Locks FOR UPDATE and reads the clock after the lock. Lock the agent first: everybody takes them in that order. */
  abstract lockEscalation(id: string): Promise<{ escalation: EscalationRow; now: number } | null>;
  abstract changeEscalation(id: string, fromVersion: number, update: EscalationUpdate): Promise<EscalationRow>;
  abstract votes(escalationId: string): Promise<VoteRow[]>;
  abstract insertVote(row: Omit<VoteRow, 'groups'>): Promise<void>;
  /** Marks an escalation that this transaction holds; false when it bore the mark already. */
  abstract mark(escalationId: string, mark: EscalationMark, now: number): Promise<boolean>;

  abstract insertGrant(row: NewGrant): Promise<GrantRow>;
  abstract lockGrant(id: string): Promise<{ grant: GrantRow; now: number } | null>;
  /**
   * Locks the grants above one FOR UPDATE, the topmost first and all before the one itself: whoever counts under them, or
   * mints what counts under them, waits its turn. @param parents the nearest first, as a grant has them
   */
  abstract lockAbove(parents: GrantRow['parents']): Promise<void>;
  abstract lockGrantOf(escalationId: string): Promise<{ grant: GrantRow; now: number } | null>;
  abstract changeGrant(id: string, fromVersion: number, update: GrantUpdate): Promise<GrantRow>;
  /** Notes a sign of life of the agent that holds this grant, which the transaction holds locked. */
  abstract hearOf(grantId: string, now: number): Promise<void>;
  abstract insertToken(row: Omit<TokenRow, 'endedAt'>): Promise<void>;
  abstract endTokens(grantId: string, now: number): Promise<void>;
  abstract token(jti: string): Promise<TokenRow | null>;
  abstract liveToken(grantId: string): Promise<TokenRow | null>;

  /** The kid that signs now, held FOR SHARE until the commit; `null` when there is none but the unreadable. */
  abstract signingKid(alg: SigningAlg, unreadable: readonly string[]): Promise<string | null>;
  /** Waits its turn among those that change signing keys, then reads them all with the clock. */
  abstract lockKeys(): Promise<{ keys: KeyRow[]; now: number }>;
  abstract insertKey(key: NewKey, activeFrom: number): Promise<void>;
  abstract changeKey(kid: string, change: KeyChange): Promise<void>;

  /** Marks a poll; true when the previous one was less than `intervalSeconds` ago. */
  abstract markPoll(escalationId: string, intervalSeconds: number): Promise<boolean>;
  /** Suspends (or resumes) under FOR UPDATE. `changed` is false when it already was so; `null` for an unknown agent. */
  abstract setSuspended(
    agentId: string,
    change: { readonly suspended: boolean; readonly actor: Actor; readonly reason: string | null },
  ): Promise<{ changed: boolean; now: number } | null>;

  /** Takes the key's lock without waiting; false when another transaction holds it. */
  abstract claimIdempotencyKey(caller: string, route: string, key: string): Promise<boolean>;
  abstract findIdempotent(caller: string, route: string, key: string): Promise<StoredAnswer | null>;
  /** Takes the place of an answer that is kept under this key already. */
  abstract storeIdempotent(caller: string, route: string, key: string, answer: StoredAnswer): Promise<void>;

  /** What the agent said of this grant's outcome, with its end and since, oldest first: the data of those events. */
  abstract outcomes(grantId: string): Promise<{ readonly late: boolean; readonly data: Record<string, unknown> }[]>;
  /** Appends to the history and to the audit log: same ids, same instant. */
  abstract record(entries: readonly HistoryEntry[], now: number): Promise<void>;
  abstract enqueue(entries: readonly OutboxEntry[]): Promise<void>;

  /** False when this message of Slack was taken before. */
  abstract insertComment(comment: NewComment): Promise<boolean>;
}

/**
 * One transaction, READ COMMITTED. A callback that throws rolls everything back. After a commit that enqueued work the
 * relay of this process is woken; a relay elsewhere finds the rows by polling.
 */
export abstract class UnitOfWork {
  abstract run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** Reads outside any transaction, each on the database clock. */
export abstract class Reader {
  abstract now(): Promise<number>;
  abstract escalation(id: string): Promise<{ escalation: EscalationRow; now: number } | null>;
  abstract escalationByDeferralHash(hash: Buffer): Promise<{ escalation: EscalationRow; now: number } | null>;
  abstract grant(id: string): Promise<{ grant: GrantRow; now: number } | null>;
  abstract grantOf(escalationId: string): Promise<{ grant: GrantRow; now: number } | null>;
  abstract votes(escalationId: string): Promise<VoteRow[]>;
  /** What was true of the agent, and of its other escalations that ask exactly what this one asks, before this moment. */
  abstract before(escalationId: string, moment: BeforeMoment): Promise<Before>;
  abstract tokenWithGrant(jti: string): Promise<{ token: TokenRow; grant: GrantRow; now: number } | null>;
  abstract livingAgent(agentId: string): Promise<AgentRow | null>;
  abstract facts(agentUid: string, actions: readonly string[]): Promise<AgentFacts>;
  abstract votersOfGroups(groups: readonly string[]): Promise<Voter[]>;
  abstract voter(person: string): Promise<Voter | null>;
  /** True for a passkey that was ever registered, under its seal, for this very person; one removed since counts too. */
  abstract ownsPasskey(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean>;
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

/** Always the newest applied configuration: a process that did not apply it must not answer from an older one. */
export abstract class RegistrySource {
  abstract current(): Promise<Registry>;
  /** The configuration by whose policies a request of this moment (epoch ms) was decided; `null` where it is not found any more. */
  abstract pinned(policyVersion: string, at: number): Promise<Registry | null>;
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
  /** The key to sign with, as `Transaction.signingKid` named it. */
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
  abstract read(jwt: string): Promise<Record<string, unknown> | null>;
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

/** Wakes long polls: resolves when something about the escalation may have changed, or after `ms`. */
export abstract class ChangeSignal {
  abstract wait(escalationId: string, ms: number): Promise<void>;
  abstract changed(escalationId: string): void;
  /** Calls `heard` for every escalation that may have changed, with `null` after a gap in which any may have. Returns how to stop. */
  abstract watch(heard: (escalationId: string | null) => void): () => void;
}
