import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer } from '../../harness/actors/agent.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
});
afterAll(() => stage.close());

async function as(id: string, method: string, path: string): Promise<Answer> {
  return (await stage.person(id)).send(method, path);
}

describe('the catalogue', () => {
  it('tells people with a role what can be asked for, and what some rule could permit to whom', async () => {
    const got = await as('bob', 'GET', '/v1/policies/catalogue');
    expect(got).toMatchObject({ status: 200, body: { agent: 'support-bot' } });
    expect(got.body.agents).toEqual([
      { id: 'support-bot', name: 'Support bot' },
      { id: 'rival-bot', name: 'Rival bot' },
    ]);
    const [payments, other] = got.body.resources as { resource: string; actions: Record<string, unknown>[] }[];
    expect(payments?.actions.find(({ action }) => action === 'refund.create')).toMatchObject({
      risk: 'high',
      arguments: { required: ['order'] },
      identifier: 'optional',
      permitted: true,
    });
    expect(payments?.actions.find(({ action }) => action === 'ledger.drop')).toMatchObject({ permitted: false });
    expect(other).toMatchObject({
      resource: 'https://other.example',
      actions: [{ permitted: false, arguments: null }],
    });
    expect((await as('erin', 'GET', '/v1/policies/catalogue?agent=rival-bot')).body.agent).toBe('rival-bot');
    expect((await as('erin', 'GET', '/v1/policies/catalogue?agent=nobody')).status).toBe(404);
    expect((await as('erin', 'GET', '/v1/policies/catalogue?resource=x')).status).toBe(400);
    expect((await as('omar', 'GET', '/v1/policies/catalogue')).status).toBe(403);
    expect((await stage.caller('auditor-tool').get('/v1/policies/catalogue')).status).toBe(403);
  });
});
