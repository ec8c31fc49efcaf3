import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { isRefusal } from '#domain/refusal.js';
import { AnswerOnce } from '#escalations/answer-once.js';
import type { TokenMint } from '#escalations/ports.js';
import { LiveRegistry } from '#escalations/judge/configuration-in-force.js';
import type { ParentGrants } from '#escalations/ask/parent-grant.js';
import { RequestEscalation } from '#escalations/ask/request-escalation.js';
import { hashCode } from '#identity/people/sessions.js';
import { Journal } from '#persistence/connection/journal.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { useCases, type UseCases } from '#persistence/use-cases.js';
import { writeRunningIssuer } from '#platform/config/environment/running-issuer.js';
import { sealedConfigurations } from './database.js';
import { install, type Installation } from './testing/installation.js';
import type { Session } from './testing/terminal.js';

const READ: EscalationRequest = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
  requested_ttl: 60,
  max_uses: 3,
  task: { id: 'run-1', description: 'look\u001b[2Jhere', ticket: null },
  justification: null,
  evidence: [],
  break_glass: false,
  chain: [],
};

/** Nothing is minted here. */
const ANY_SIZE_FITS = { fits: () => true } as Pick<TokenMint, 'fits'> as TokenMint;
const NOBODY_HANDS_ON = {} as ParentGrants;

describe('commands beside a running broker', () => {
  let place: Installation;
  let pool: DatabasePool;
  let cases: UseCases;

  const run = (...argv: string[]): Promise<Session> => place.run(...argv);

  beforeAll(async () => {
    place = await install();
  }, 60_000);
  afterAll(() => place?.close());

  async function askedGrant(request: EscalationRequest = READ): Promise<string> {
    const registry = new LiveRegistry(cases.configurationStore);
    const { seals } = cases.configurations;
    const asks = new RequestEscalation(registry, ANY_SIZE_FITS, NOBODY_HANDS_ON, seals, new RandomIds());
    const once = new AnswerOnce(cases.store, seals);
    const ask = asks.of({ agentId: 'support-bot', asked: request, parentToken: null });
    const done = await once.answer(null, ask, ({ escalation, grant }) => ({
      status: 201,
      response: { grant: grant?.id },
      escalationId: escalation.id,
    }));
    if (isRefusal(done)) throw new Error(done.detail);
    return String(done.answer.response['grant']);
  }

  it('say so while the broker has not made its tables', async () => {
    const { exit, remarks } = await run('apply');
    expect({ exit, remarks }).toEqual({ exit: 1, remarks: expect.stringContaining('holds no tables of Writ yet') });
    pool = await place.makeTables();
    const configurations = await sealedConfigurations(pool, { masterKey: null, dataDir: place.dataDir });
    cases = useCases({ pool, configurations, journal: new Journal(new RandomIds(), configurations.seals) });
    expect(await run('agents', 'list')).toMatchObject({ exit: 1, remarks: expect.stringContaining('run writ apply') });
  });

  describe('apply', () => {
    it('tells each change, then has nothing to change', async () => {
      const dry = await run('apply', '--dry-run');
      expect(dry.out).toContain('agent added support-bot');
      const first = await run('apply');
      expect(first).toMatchObject({ exit: 0, out: dry.out });
      expect(await run('apply')).toMatchObject({ exit: 0, out: 'nothing to change', remarks: '' });
    });

    it('is in the history with the name of whoever ran it', async () => {
      const { rows } = await pool.query(`select distinct "type", "actor_kind", "actor_id" from "events"`);
      expect(rows).toEqual([{ type: 'config.applied', actor_kind: 'system', actor_id: 'cli:tester' }]);
    });

    it('retires what left the file and keeps everything when the file has a fault', async () => {
      const path = join(place.config, 'writ.yaml');
      const whole = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        whole.replace('  - id: erin', '  - id: frank').replace('creates_per_minute: 60', 'creates_per_minute: 61'),
      );
      expect((await run('apply')).out.split('\n')).toEqual([
        'person added frank',
        'person retired erin',
        'limits changed',
      ]);
      writeFileSync(path, whole.replace('risk: low', 'risk: none'));
      expect(await run('apply')).toMatchObject({ exit: 1, out: '', remarks: expect.stringContaining('risk') });
      writeFileSync(path, whole);
      expect((await run('apply')).out.split('\n')).toEqual([
        'person added erin',
        'person retired frank',
        'limits changed',
      ]);
    });

    it('tells of a policy that names an agent which is not configured, and goes on', async () => {
      const path = join(place.config, 'policies', 'ghosts.cedar');
      writeFileSync(path, '@id("ghosts") forbid (principal == Writ::Agent::"ghost", action, resource);');
      const { exit, remarks } = await run('apply', '--dry-run');
      rmSync(path);
      expect(exit).toBe(0);
      expect(remarks).toContain('odd: ghosts.cedar:1 policy "ghosts": names agent "ghost", which is not configured');
    });
  });

  describe('login-link', () => {
    it('waits for a broker on any port to listen, since only then its address is known', async () => {
      expect(await run('login-link', 'bob')).toMatchObject({
        exit: 1,
        remarks: expect.stringContaining('the issuer is not known'),
      });
    });

    it('prints a code that signs the person in once, in a fragment of the address the broker listens on', async () => {
      writeRunningIssuer(place.dataDir, 'http://localhost:3210');
      const { out, exit } = await run('login-link', 'bob', '--json');
      expect(exit).toBe(0);
      const { url, code } = JSON.parse(out) as { url: string; code: string };
      expect(url).toBe(`http://localhost:3210/login#code=${code}`);
      const store = new PostgresSessionStore(pool, cases.configurations);
      await expect(store.redeemLoginCode(hashCode(code))).resolves.toEqual({ person: 'bob', signedInBy: 'code' });
      await expect(store.redeemLoginCode(hashCode(code))).resolves.toBeNull();
      expect((await run('login-link', 'bob')).out).toContain('curl -sS -c cookies.txt');
    });

    it('has a link for passkeys beside it, which opens another kind of session and is on record', async () => {
      const { out, exit } = await run('passkey-link', 'bob', '--json');
      expect(exit).toBe(0);
      const { url, code } = JSON.parse(out) as { url: string; code: string };
      expect(url).toBe(`http://localhost:3210/login#code=${code}`);
      const store = new PostgresSessionStore(pool, cases.configurations);
      const opens = { person: 'bob', signedInBy: 'enrolment' };
      await expect(store.redeemLoginCode(hashCode(code))).resolves.toEqual(opens);
      await expect(store.redeemLoginCode(hashCode(code))).resolves.toBeNull();
      const { rows } = await pool.query(`select "data" from "events" where "type" = 'passkey.link_issued'`);
      expect(rows).toEqual([{ data: { person: 'bob' } }]);
      expect((await run('passkey-link', 'bob')).out).toContain('within ten minutes');
      expect(await run('passkey-link', 'nobody')).toMatchObject({ exit: 1, out: '' });
    });

    it('has an assertion beside it, for the same address', async () => {
      const { out } = await run('assertion', 'support-bot');
      const claims = JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString('utf8'));
      expect(claims).toMatchObject({ iss: 'support-bot', aud: 'http://localhost:3210' });
      expect(await run('assertion', 'nobody')).toMatchObject({ exit: 1, out: '' });
    });

    it('knows nobody who is not in the configuration, or no longer', async () => {
      for (const person of ['nobody', 'frank']) {
        expect(await run('login-link', person)).toMatchObject({
          exit: 1,
          remarks: `writ: there is no person "${person}" in the configuration in force`,
        });
      }
    });
  });

  describe('agents and grants', () => {
    let grant: string;
    beforeEach(async () => {
      await run('agents', 'resume', 'support-bot');
      grant = await askedGrant();
    });

    it('suspends an agent with all it holds, once; resuming brings nothing back', async () => {
      expect((await run('agents', 'list')).out).toMatch(/support-bot +active +alice +support +[1-9]/);
      expect((await run('agents', 'suspend', 'support-bot', '--reason', 'odd')).out).toContain('is suspended');
      expect((await run('agents', 'suspend', 'support-bot')).out).toBe('support-bot was suspended already');
      expect((await run('agents', 'list')).out).toMatch(/support-bot +suspended +alice +support +0/);
      expect((await run('agents', 'resume', 'support-bot')).out).toContain('may ask again');
      expect((await run('grants', 'show', grant)).out).toContain('(agent_suspended): the agent was suspended');
      expect(await run('agents', 'suspend', 'nobody')).toMatchObject({
        exit: 1,
        remarks: expect.stringContaining('no agent "nobody"'),
      });
    });

    it('lists the grants a filter asks for, as a table or as JSON', async () => {
      const { out } = await run('grants', 'list', '--agent', 'support-bot', '--status', 'ready', '--limit', '1');
      expect(out.split('\n')[1]).toMatch(
        new RegExp(`^${grant}  ready +support-bot +https://payments.example +payment.read +0/3`),
      );
      const { items, more } = JSON.parse((await run('grants', 'list', '--limit', '1', '--json')).out);
      expect(items).toMatchObject([{ id: grant, status: 'ready', agent: 'support-bot', actions: ['payment.read'] }]);
      expect(more).toBe(true);
      expect(await run('grants', 'list', '--to', '2001-01-01')).toMatchObject({
        exit: 0,
        out: '',
        remarks: 'There are no such grants.',
      });
    });

    it('revokes a grant once and tells its story in order, with the words of the agent made harmless', async () => {
      expect((await run('grants', 'revoke', grant, '--reason', 'no longer needed')).out).toBe(
        `${grant} is revoked (revoked_by_person): a person revoked it`,
      );
      expect((await run('grants', 'revoke', grant, '--reason', 'again')).out).toBe(
        `${grant} had ended already: revoked (revoked_by_person): a person revoked it`,
      );
      const { out } = await run('grants', 'show', grant);
      expect(out).toMatch(
        /escalation\.requested +agent support-bot\n.*escalation\.approved.*\n.*grant\.ready.*\n.*grant\.revoked +system cli:tester/,
      );
      expect(out).toContain('allow by payment-reads-are-pre-authorised');
      expect(out).toContain('agent says  "look\\u{1b}[2Jhere"');
      expect(out).toContain('reason "no longer needed"');
      const story = JSON.parse((await run('grants', 'show', grant, '--json')).out);
      expect(story.events.map((event: { type: string }) => event.type)).toEqual([
        'escalation.requested',
        'escalation.approved',
        'grant.ready',
        'grant.revoked',
      ]);
    });

    it('knows no grant that never was', async () => {
      const unknown = `grt_${'0'.repeat(26)}`;
      for (const argv of [
        ['show', unknown],
        ['revoke', unknown, '--reason', 'x'],
      ]) {
        expect(await run('grants', ...argv)).toMatchObject({ exit: 1, remarks: `writ: there is no grant ${unknown}` });
      }
    });
  });
});
