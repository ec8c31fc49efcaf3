import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SoftwareAuthenticator, type CreationOptions, type Misdeeds } from '../../harness/actors/authenticator.js';
import { addPasskey, enrolling, withPasskey } from '../../harness/actors/passkeys.js';
import type { Person } from '../../harness/actors/person.js';
import { ageSessions } from '../../harness/world/sealed.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';

let stage: Stage;
let bob: Person;

beforeAll(async () => {
  stage = await setStage(undefined, { roles: 'api' });
  bob = await enrolling(stage, 'bob');
});
afterAll(() => stage.close());

const fresh = (): SoftwareAuthenticator => new SoftwareAuthenticator(stage.broker.issuer);
const idsOf = async (person: Person): Promise<string[]> =>
  ((await person.send('GET', '/v1/passkeys')).body as { items: { id: string }[] }).items.map(({ id }) => id);

describe('an enrolment link', () => {
  it('opens a session that adds a passkey, which is the person’s from then on and on record', async () => {
    const passkey = fresh();
    const added = await addPasskey(bob, passkey);
    expect(added).toMatchObject({
      status: 201,
      body: { id: passkey.id, name: 'Laptop', transports: ['internal'], last_used_at: null },
    });
    expect(await idsOf(await stage.person('bob'))).toContain(passkey.id);
    expect(await idsOf(await stage.person('carol'))).toEqual([]);
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=passkey.added&limit=1');
    expect(events.body.items).toMatchObject([
      {
        actor: { kind: 'person', id: 'bob' },
        data: { credential: passkey.id, name: 'Laptop', signed_in_by: 'enrolment' },
      },
    ]);
    expect((await bob.send('GET', '/v1/sessions/current')).body).toMatchObject({ signed_in_by: 'enrolment' });
  });

  it('asks for a passkey that verifies its user, without attestation, and for none that is there already', async () => {
    const known = await withPasskey(stage, 'bob');
    const { body } = await bob.send('POST', '/v1/passkeys/options', {});
    expect(body).toMatchObject({
      rp: { id: 'localhost', name: 'Writ' },
      attestation: 'none',
      authenticatorSelection: { userVerification: 'required' },
      excludeCredentials: expect.arrayContaining([expect.objectContaining({ id: known.id })]),
    });
    expect(Buffer.from((body as CreationOptions).user.id, 'base64url').toString()).not.toContain('bob');
  });

  it('adds none once ten minutes of its session have gone', async () => {
    const late = await enrolling(stage, 'dave');
    await ageSessions(stage.world, 'dave', 601);
    expect(await addPasskey(late, fresh())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await late.send('GET', '/v1/sessions/current')).status).toBe(200);
  });
});

describe('no passkey is added', () => {
  const NOT_A_PASSKEY = { status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/credential' }] } };

  it.each<[string, Misdeeds]>([
    ['that did not verify its user', { userVerified: false }],
    ['made on a page of another site', { origin: 'https://evil.example' }],
    ['made for another RP ID', { rpId: 'evil.example' }],
    ['made inside a frame of another site', { crossOrigin: true }],
    ['for a challenge that nobody was given', { challenge: 'A'.repeat(43) }],
  ])('%s', async (_what, misdeeds) => {
    const before = await idsOf(bob);
    expect(await addPasskey(bob, fresh(), misdeeds)).toMatchObject(NOT_A_PASSKEY);
    expect(await idsOf(bob)).toEqual(before);
  });

  it('for a challenge that is used up, too old, or was given to somebody else', async () => {
    const options = async (person: Person): Promise<CreationOptions> =>
      (await person.send('POST', '/v1/passkeys/options', {})).body as CreationOptions;
    const add = (person: Person, credential: unknown) =>
      person.send('POST', '/v1/passkeys', { name: 'Laptop', credential });
    const used = await options(bob);
    expect(await add(bob, fresh().create(used))).toMatchObject({ status: 201 });
    expect(await add(bob, fresh().create(used))).toMatchObject(NOT_A_PASSKEY);
    const carol = await enrolling(stage, 'carol');
    const carols = await options(carol);
    expect(await add(bob, fresh().create(carols))).toMatchObject(NOT_A_PASSKEY);
    await asSuperuser(
      stage.world,
      `update "webauthn_challenges" set "expires_at" = clock_timestamp() where "person_id" = $1`,
      ['carol'],
    );
    expect(await add(carol, fresh().create(carols))).toMatchObject(NOT_A_PASSKEY);
  });

  it('that somebody has already, or had', async () => {
    const bobs = await withPasskey(stage, 'bob');
    const carol = await enrolling(stage, 'carol');
    expect(await addPasskey(carol, bobs)).toMatchObject(NOT_A_PASSKEY);
    await bob.send('DELETE', `/v1/passkeys/${bobs.id}`);
    expect(await addPasskey(carol, bobs)).toMatchObject(NOT_A_PASSKEY);
  });

  it('by an agent', async () => {
    expect(await stage.caller('support-bot').post('/v1/passkeys/options', {})).toMatchObject({ status: 403 });
  });
});

describe('a passkey is removed', () => {
  it('by its person in any session, once, and on record', async () => {
    const { id } = await withPasskey(stage, 'bob');
    const ordinary = await stage.person('bob');
    expect(await (await stage.person('carol')).send('DELETE', `/v1/passkeys/${id}`)).toMatchObject({ status: 404 });
    expect(await ordinary.send('DELETE', `/v1/passkeys/${id}`)).toMatchObject({ status: 204 });
    expect(await ordinary.send('DELETE', `/v1/passkeys/${id}`)).toMatchObject({ status: 404 });
    expect(await idsOf(bob)).not.toContain(id);
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=passkey.removed&limit=1');
    expect(events.body.items).toMatchObject([
      { actor: { kind: 'person', id: 'bob' }, data: { credential: id, name: 'Laptop' } },
    ]);
  });
});
