import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { createPool } from '#persistence/connection/pool.js';
import { answer, refundAsk, type Answer } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { faultsOf, type Media, type Operation } from '../harness/judges/openapi.js';
import { Person } from '../harness/actors/person.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';
import { drafts, SENDERS, type Draft, type Known } from './requests.js';

const SECONDS = Number(process.env['WRIT_FUZZ_SECONDS'] ?? 15);
const BATCH = 25;
/** What enough requests are answered, and how much longer than told it may take until they were. */
const USUAL = [200, 400, 401, 403, 404, 415, 422];
const PATIENCE_MS = 90_000;
/** What only the broker's own code, store or disk would say. */
const INSIDES =
  /node_modules|\.[cm]?[jt]s:\d|\n\s+at |\bselect .* from\b|\binsert into\b|\bprisma|postgres|\bECONN|\/libs\/|\/apps\//i;

let stage: Stage;
let pool: pg.Pool;
let known: Known;
const people = new Map<string, Person>();

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      config.limits = { pending_per_agent: 500, creates_per_minute: 60_000 };
    },
    { roles: 'api' },
  );
  pool = createPool(stage.world.database.url, { max: 1 });
  for (const id of SENDERS.people) await signIn(id);
  const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
  const approved = await approvedRefund(stage);
  const collected = await collectedRefund(stage);
  const ids = [asked, approved, collected];
  known = {
    escalations: ids.map(({ id }) => id),
    grants: [approved.grant, collected.grant],
    agents: ['rival-bot', 'no-such-bot'],
    digest: ids.map(({ digest }) => digest),
    token: [collected.token, approved.code],
    deferral_code: [approved.code, asked.continuation.deferral_code],
    resource: ['https://payments.example', 'https://other.example'],
    action: ['refund.create', 'payment.read'],
    actions: ['refund.create', 'payment.read', 'ledger.drop'],
    verdict: ['approve', 'deny'],
    call_id: ['c1', 'c2'],
  };
});
afterAll(async () => {
  await pool.end();
  await stage.close();
});

/** Suspended agents would be refused everything from then on. */
async function resume(): Promise<void> {
  await stage.caller('ops-cli').post('/v1/agents/rival-bot/resume', {});
}

/** A session is a row, so it is opened only where rows are not compared. */
async function signIn(id: string): Promise<void> {
  people.set(id, await Person.signIn(stage.world, stage.broker, id));
}

async function proof({ operation, sender }: Draft): Promise<Record<string, string>> {
  if (sender === 'nobody') return {};
  if (sender === 'forger') return { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' };
  if (sender === 'stranger') return { authorization: `Basic ${Buffer.from('x:%zz').toString('base64')}` };
  const person = people.get(sender);
  if (person !== undefined) return { cookie: person.cookie };
  if (operation.path.startsWith('/oauth/')) return {};
  return { authorization: `Bearer ${await stage.caller(sender).assertion()}` };
}

async function send(draft: Draft): Promise<Answer> {
  const { operation, path, headers, type, body } = draft;
  const members = typeof body === 'object' ? { ...body } : undefined;
  if (members !== undefined && Object.hasOwn(stage.world.keys, draft.sender))
    members['client_assertion'] = await stage.caller(draft.sender).assertion();
  const text = members === undefined ? (body as string | undefined) : new URLSearchParams(members).toString();
  // fetch refuses to send what is no Latin-1; such a header cannot reach the broker.
  const sent = { ...headers, ...(await proof(draft)), ...(type === undefined ? {} : { 'content-type': type }) };
  return answer(
    await fetch(stage.broker.base + path, {
      method: operation.method,
      headers: sent,
      redirect: 'manual',
      ...(text === undefined ? {} : { body: text }),
    }),
  );
}

function typeOf(got: Answer): string {
  return (got.headers.get('content-type') ?? '').split(';')[0] ?? '';
}

/** Holds an answer against the description: its status, its type, its code, its members. */
function expectDescribed({ operation, path }: Draft, got: Answer): void {
  // What a URL cannot name is told before a route is known.
  if (got.status === 404 && path.includes('%00')) return;
  const described = operation.responses[String(got.status)];
  expect([got.status, described !== undefined]).toEqual([got.status, true]);
  const content: Readonly<Record<string, Media>> = described?.content ?? {};
  if (Object.keys(content).length === 0) return expect(got.body).toBe('');
  expect(Object.keys(content)).toContain(typeOf(got));
  const media = content[typeOf(got)] ?? {};
  expect(faultsOf(media.schema ?? {}, got.body)).toEqual([]);
  if (got.status < 400) return;
  const said = got.body as { code?: string; error?: string };
  expect(Object.keys(media.examples ?? {})).toContain(said.code ?? said.error);
}

function judge(draft: Draft, got: Answer): void {
  try {
    expect(got.status).toBeLessThan(500);
    expect(typeof got.body === 'string' ? got.body : JSON.stringify(got.body)).not.toMatch(INSIDES);
    expectDescribed(draft, got);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`${say(draft)}\n${got.status} ${JSON.stringify(got.body)}\n${said}`);
  }
}

/** The tables in which two fingerprints differ. */
function changed(before: string, after: string): string {
  const old = before.split('\n');
  return after
    .split('\n')
    .filter((line) => !old.includes(line))
    .join(', ');
}

function say({ operation, path, sender, headers, type, body }: Draft): string {
  return `${operation.method} ${path} by ${sender} ${JSON.stringify({ headers, type, body })}`;
}

/** The two refusals that leave a row: a refused vote is history (`vote.refused`), a poll sets when the next may come. */
function isRecorded({ operationId }: Operation, { status, body }: Answer): boolean {
  if (operationId === 'decisionsDecide') return [403, 409, 422].includes(status);
  const { error } = body as { error?: string };
  return operationId === 'token' && (error === 'authorization_pending' || error === 'slow_down');
}

describe('any request to any described route', () => {
  it(
    `within ${SECONDS} s: no failure of the broker, no insides, only described answers, and a refusal changes no row`,
    async () => {
      let before = await fingerprint(pool);
      let refused: string[] = [];
      const seen = new Map<number, number>();
      const compare = async (): Promise<void> => {
        const after = await fingerprint(pool);
        if (after !== before) throw new Error(`${changed(before, after)} changed by one of\n${refused.join('\n')}`);
        refused = [];
      };
      const attempt = async (draft: Draft): Promise<void> => {
        const got = await send(draft);
        seen.set(got.status, (seen.get(got.status) ?? 0) + 1);
        judge(draft, got);
        const writes = draft.operation.method !== 'GET';
        if ((got.status < 300 && writes) || isRecorded(draft.operation, got)) {
          if (['sessionsClose', 'sessionsEnd'].includes(draft.operation.operationId)) await signIn(draft.sender);
          if (draft.operation.operationId === 'agentsSuspend') await resume();
          before = await fingerprint(pool);
          refused = [];
        } else refused.push(`${got.status} ${say(draft)}`);
        if (refused.length >= BATCH) await compare();
      };
      // At its time limit fast-check leaves the request under way alone: it is waited for here, before rows are compared.
      let last = Promise.resolve();
      const property = fc.asyncProperty(drafts(known), (draft) => (last = attempt(draft)));
      // Where the time was short for so many requests, as on a busy machine, there is another turn.
      const patience = Date.now() + SECONDS * 1_000 + PATIENCE_MS;
      const needsMore = (): boolean => Date.now() < patience && !USUAL.every((status) => seen.has(status));
      do {
        const told = await fc.check(property, { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1_000 });
        if (told.failed && told.errorInstance !== null) {
          const at = `seed ${told.seed}, path ${told.counterexamplePath}`;
          throw new Error(`${at}\n${(told.errorInstance as Error).message}`);
        }
        await last;
        await compare();
      } while (needsMore());
      expect([...seen.keys()]).toEqual(expect.arrayContaining([...USUAL]));
      process.stdout.write(`fuzz: ${JSON.stringify(Object.fromEntries([...seen].sort(([a], [b]) => a - b)))}\n`);
    },
    2 * SECONDS * 1_000 + PATIENCE_MS + 60_000,
  );
});
