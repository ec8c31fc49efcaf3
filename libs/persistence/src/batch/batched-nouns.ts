import type { Transaction } from '#escalations/ports.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import { agentFacts } from '../sql/facts.js';
import { isHeld, judgedSuspended } from '../sql/ends.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import type { PostgresEventJournal } from '../transaction/postgres-event-journal.js';
import { bornEscalation, bornGrant, escalationRow, grantRow } from './born.js';
import type { Work } from './work.js';

type Nouns = Omit<Transaction, 'journal'>;
/** Verbs that a batch answers from what was read, or keeps to be written at its end. */
type Foreseen = { readonly [Noun in keyof Nouns]?: Partial<Nouns[Noun]> };

/**
 * The nouns of a work in a batch. Verbs that were foreseen cost nothing; any other is a statement of its own, before which
 * what the work has written so far is written.
 * @param plain the nouns over the batch's connection
 */
export function batchedNouns(
  plain: Nouns,
  work: Work,
  journal: PostgresEventJournal,
  configurations: SealedConfigurations,
  trace: TraceContext | null,
): Nouns {
  const known: Foreseen = {
    ...askVerbs(plain, work, configurations),
    ...grantVerbs(plain, work, journal),
    ...tokenVerbs(plain, work),
    escalations: {
      insert: async (row) => {
        if (row.parents !== null) return work.more(() => plain.escalations.insert(row));
        work.written.add('escalations', escalationRow(row));
        if (trace !== null) work.written.add('traces', { id: row.id, trace: trace.traceId, span: trace.spanId });
        const born = bornEscalation(row);
        journal.wrote(born);
        return born;
      },
    },
  };
  const nouns = Object.entries(plain).map(([name, noun]) => {
    const verbs = (known[name as keyof Nouns] ?? {}) as Readonly<Record<string, unknown>>;
    return [name, batchedNoun(noun as object, work, verbs)];
  });
  return Object.fromEntries(nouns) as Nouns;
}

/** A noun whose verbs in `known` are answered as long as nothing was spilled; every other verb spills first. */
function batchedNoun(noun: object, work: Work, known: Readonly<Record<string, unknown>>): object {
  return new Proxy(noun, {
    get(target, name) {
      if (!work.spilled && typeof name === 'string' && known[name] !== undefined) return known[name];
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const verb = value as (...given: unknown[]) => Promise<unknown>;
      return (...given: unknown[]) => work.more(() => verb.apply(target, given));
    },
  });
}

function askVerbs(plain: Nouns, work: Work, configurations: SealedConfigurations): Foreseen {
  const { taken, needs, batch, now } = work;
  const { agent, calls, facts, like } = taken;
  return {
    agents: {
      lock: async (id) => {
        if (!('id' in needs.agent) || needs.agent.id !== id) return work.more(() => plain.agents.lock(id));
        if (agent === null) return null;
        return { agent: { uid: agent.uid, id, suspended: judgedSuspended(work.client, agent.suspensions) }, now };
      },
      lockByUid: async (uid) =>
        agent?.uid === uid ? { agent: { uid, id: agent.id }, now } : work.more(() => plain.agents.lockByUid(uid)),
      queueBehind: async (uid) =>
        agent?.uid === uid && needs.turn !== undefined ? undefined : work.more(() => plain.agents.queueBehind(uid)),
      countCall: async (uid) =>
        agent?.uid === uid && calls !== null
          ? { calls, resetSeconds: batch.reset }
          : work.more(() => plain.agents.countCall(uid)),
      facts: async (uid, actions, without) =>
        agent?.uid === uid && facts !== null && (without ?? null) === null
          ? agentFacts(facts)
          : work.more(() => plain.agents.facts(uid, actions, without)),
    },
    asks: {
      openLike: async (uid, askHash) =>
        agent?.uid === uid && like !== null && needs.turn?.askHash === askHash
          ? [...like]
          : work.more(() => plain.asks.openLike(uid, askHash)),
    },
    configurations: {
      newestSeq: async () =>
        (batch.head === null ? null : configurations.seqOf(batch.head)) ??
        work.more(() => plain.configurations.newestSeq()),
    },
    idempotency: {
      claim: async (...call) => taken.claimed ?? work.more(() => plain.idempotency.claim(...call)),
      find: async (...call) =>
        taken.claimed === null ? work.more(() => plain.idempotency.find(...call)) : taken.stored,
      store: async (caller, route, key, { bodyHash: body_hash, escalationId: escalation_id, ...answer }) =>
        work.written.add('answers', { caller, route, key, body_hash, escalation_id, ...answer }),
    },
  };
}

function grantVerbs(plain: Nouns, work: Work, journal: PostgresEventJournal): Foreseen {
  const { now } = work;
  return {
    grants: {
      lockAncestors: async (parents) =>
        parents === null ? undefined : work.more(() => plain.grants.lockAncestors(parents)),
      lock: async (id) => (work.held?.id === id ? { grant: work.held, now } : work.more(() => plain.grants.lock(id))),
      lockOfEscalation: async (id) =>
        work.held?.escalationId === id ? { grant: work.held, now } : work.more(() => plain.grants.lockOfEscalation(id)),
      insert: async (row) => {
        if (row.parents !== null) return work.more(() => plain.grants.insert(row));
        journal.issues(row);
        work.written.add('grants', grantRow(row));
        const born = bornGrant(row, isHeld(work.client, work.batch.epochs));
        work.grants.set(row.id, born);
        return born;
      },
      change: async (id, version, update) => {
        const grant = work.grants.get(id);
        const { expiresAt } = update;
        if (grant?.version !== version || update.change !== 'activated' || expiresAt === undefined)
          return work.more(() => plain.grants.change(id, version, update));
        work.written.add('activated', { id, version, now: update.now, expires_at: expiresAt });
        const active = { status: 'active', version: version + 1, activatedAt: update.now, expiresAt } as const;
        work.grants.set(id, { ...grant, ...active });
        return { ...grant, ...active };
      },
      recordHeartbeat: async (id, at) => work.written.add('heard', { id, now: at }),
    },
  };
}

function tokenVerbs(plain: Nouns, work: Work): Foreseen {
  const { taken, needs, batch } = work;
  return {
    keys: {
      signing: async (alg, unreadable = []) =>
        needs.signs?.alg === alg && unreadable.join() === needs.signs.unreadable.join()
          ? (batch.kids?.[alg] ?? null)
          : work.more(() => plain.keys.signing(alg, unreadable)),
    },
    statusPlaces: {
      take: async (jti, until) => {
        const { list } = batch;
        const { idx } = taken;
        if (list === null || idx === null) return work.more(() => plain.statusPlaces.take(jti, until));
        work.written.add('places', { list, idx, jti, until });
        return { list, idx };
      },
    },
    tokens: {
      insert: async (row) => {
        if (row.renewedFrom !== null) return work.more(() => plain.tokens.insert(row));
        const { jti, grantId: grant_id, kid, claims, mintedAt: minted_at, expiresAt: expires_at } = row;
        work.written.add('tokens', { jti, grant_id, kid, claims, minted_at, expires_at, redeem_key: row.redeemKey });
      },
      byJti: async (jti) => (needs.use?.jti === jti ? taken.token : work.more(() => plain.tokens.byJti(jti))),
    },
    uses: {
      ofCall: async (jti, verifier, callId) => {
        const { use } = needs;
        const same = use?.jti === jti && use.verifier === verifier && use.callId === callId;
        return same && taken.uses !== null ? taken.uses : work.more(() => plain.uses.ofCall(jti, verifier, callId));
      },
      insert: async ({ grantId: grant_id, callId: call_id, callHash: call_hash, ...use }) => {
        work.written.add('uses', { ...use, grant_id, call_id, call_hash });
      },
      count: async (grants) => {
        if (!grants.every(({ id, version }) => work.grants.get(id)?.version === version))
          return work.more(() => plain.uses.count(grants));
        work.written.add('counted', ...grants.map(({ id, version }) => ({ id, version })));
      },
    },
  };
}
