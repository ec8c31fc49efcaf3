import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { expectProblem, sendRaw } from '../harness/judges/problem.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

let stage: Stage;
let issuer: string;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  issuer = stage.broker.issuer;
  await stage.person('carol');
});
afterAll(() => stage.close());

describe('a session cookie', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['a null origin', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text', { 'content-type': 'text/plain' }],
  ])('does not decide from %s', async (_name, headers) => {
    const { id, digest } = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const before = await fingerprint(stage.world.database.pool);
    const got = await (
      await stage.person('carol')
    ).send('POST', `/v1/escalations/${id}/decisions`, { verdict: 'approve', digest }, headers);
    expectProblem(got, 403, 'csrf');
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it.each([
    ['made up', `__Host-writ_session=${'A'.repeat(43)}`],
    ['sent twice', undefined],
    ['under another name', `writ_session=${'A'.repeat(43)}`],
  ])('that is %s is nobody', async (_name, cookie) => {
    const mine = (await stage.person('carol')).cookie;
    expectProblem(
      await sendRaw(`${issuer}/v1/sessions/current`, 'GET', undefined, { cookie: cookie ?? `${mine}; ${mine}` }),
      401,
      'unauthenticated',
    );
  });

  it('ends with the session', async () => {
    const dave = await stage.person('dave');
    expect((await dave.send('GET', '/v1/sessions/current')).body).toMatchObject({ person: 'dave' });
    expect((await dave.send('DELETE', '/v1/sessions/current')).status).toBe(204);
    expectProblem(await dave.send('GET', '/v1/sessions/current'), 401, 'unauthenticated');
  });
});
