import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askForm, type Caller, READ_HERE, refusedWith } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { rowsOfAsks } from '../../harness/world/rows-of-asks.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const rows = (): Promise<number[]> => rowsOfAsks(stage.world);

describe('an ask at the token endpoint that is refused', () => {
  it('says which rule denied it, and its escalation is kept as over REST', async () => {
    const drop = { ...READ_HERE, authorization_details: [{ type: 'tool_call', actions: ['ledger.drop'] }] };
    const denied = await agent().askHere(drop);
    expect(denied).toMatchObject(
      refusedWith('invalid_authorization_details', {
        error_description: 'Nobody drops a ledger. (policy_denied, no-drops, next: none)',
      }),
    );
    expect((await agent().get(`/v1/escalations/${denied.body.escalation_id}`)).body).toMatchObject({
      status: 'denied',
      denial: { by: 'policy', code: 'policy_denied' },
    });
  });

  it('says the same of what there is not and of what this agent may not ask for, and writes nothing', async () => {
    const before = await rows();
    const unknown = await agent().askHere({ ...READ_HERE, resource: 'https://nowhere.example' });
    const action = await agent().askHere({
      ...READ_HERE,
      authorization_details: [{ type: 'tool_call', actions: ['no.such'] }],
    });
    expect(unknown).toMatchObject(refusedWith('invalid_authorization_details'));
    expect(action.body).toEqual(unknown.body);
    expect(await rows()).toEqual(before);
  });

  it('is for agents alone, and not for a suspended one', async () => {
    expect(await stage.caller('payments-api').askHere(READ_HERE)).toMatchObject(refusedWith('unauthorized_client'));
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', { reason: 'A drill.' });
    expect(await stage.caller('rival-bot').askHere(READ_HERE)).toMatchObject(refusedWith('unauthorized_client'));
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/resume');
    expect((await stage.caller('rival-bot').askHere(READ_HERE)).status).toBe(200);
  });

  it('is not read as the agent’s own where the work was handed on', async () => {
    const { access_token } = (await stage.caller('rival-bot').askHere(READ_HERE)).body;
    expect(await agent().askHere(READ_HERE, { 'writ-parent-token': access_token as string })).toMatchObject(
      refusedWith('invalid_request'),
    );
  });

  const element = (more: object) => [
    { type: 'tool_call', actions: ['refund.create'], arguments: { order: '1' }, ...more },
  ];
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'no resource',
      { authorization_details: READ_HERE.authorization_details },
      'invalid_request',
      /^resource is missing/,
    ],
    ['no details', { resource: READ_HERE.resource }, 'invalid_request', /^authorization_details is missing/],
    [
      'details that are no JSON',
      { ...READ_HERE, authorization_details: '[{' },
      'invalid_request',
      /^authorization_details must be JSON/,
    ],
    [
      'details that are no list',
      { ...READ_HERE, authorization_details: {} },
      'invalid_request',
      /^authorization_details must be an array/,
    ],
    [
      'a member twice in the JSON',
      { ...READ_HERE, authorization_details: '[{"type":"tool_call","type":"x"}]' },
      'invalid_request',
      /duplicate_key at .authorization|duplicate_key at \/0/,
    ],
    ['a lone surrogate', { ...READ_HERE, task: '{"id":"\\ud800"}' }, 'invalid_request', /^task must be JSON/],
    [
      'another type of details',
      { ...READ_HERE, authorization_details: [{ type: 'payment', actions: ['payment.read'] }] },
      'invalid_authorization_details',
      /^authorization_details\/0\/type must be tool_call/,
    ],
    [
      'a member of an element that is not known',
      { ...READ_HERE, authorization_details: element({ amount: 1 }) },
      'invalid_authorization_details',
      /authorization_details\/0\/amount is not known/,
    ],
    [
      'arguments outside their schema',
      { ...READ_HERE, authorization_details: element({ arguments: { order: '1', amount: 0 } }) },
      'invalid_authorization_details',
      /authorization_details\/0\/arguments\/amount/,
    ],
    [
      '21 elements',
      { ...READ_HERE, authorization_details: Array(21).fill(READ_HERE.authorization_details[0]) },
      'invalid_request',
      /^authorization_details must contain/,
    ],
    [
      'details over 4 KiB',
      { ...READ_HERE, authorization_details: Array(20).fill(element({ arguments: { order: 'x'.repeat(300) } })[0]) },
      'invalid_request',
      /at most 4096 bytes/,
    ],
    [
      'a life in words',
      { ...READ_HERE, requested_ttl: '5m' },
      'invalid_request',
      /^requested_ttl must be a whole number/,
    ],
    [
      'a life of nothing',
      { ...READ_HERE, requested_ttl: 0 },
      'invalid_request',
      /^requested_ttl must not be less than 1/,
    ],
    [
      'a life too long',
      { ...READ_HERE, requested_ttl: 3601 },
      'invalid_request',
      /^requested_ttl must not be greater than 3600/,
    ],
    ['half a use', { ...READ_HERE, max_uses: '0.5' }, 'invalid_request', /^max_uses must be a whole number/],
    ['a task without an id', { ...READ_HERE, task: {} }, 'invalid_request', /^task\/id must/],
    ['a task that is text', { ...READ_HERE, task: 'run-1' }, 'invalid_request', /^task must be JSON/],
    [
      'a justification too long',
      { ...READ_HERE, justification: 'x'.repeat(2_001) },
      'invalid_request',
      /^justification must be shorter/,
    ],
    [
      'evidence that is no list',
      { ...READ_HERE, evidence: { title: 'x' } },
      'invalid_request',
      /^evidence must be an array/,
    ],
    [
      'evidence of another scheme',
      { ...READ_HERE, evidence: [{ title: 'x', url: 'http://x.example' }] },
      'invalid_request',
      /^evidence\/0\/url must be an https URL/,
    ],
    [
      'half a break-glass',
      { ...READ_HERE, break_glass: 'yes' },
      'invalid_request',
      /^break_glass must be true or false/,
    ],
    [
      'a limit misspelt',
      { ...READ_HERE, max_use: 1 },
      'invalid_request',
      /^max_use is not known here: is it max_uses\?/,
    ],
    ['a life in camel case', { ...READ_HERE, requestedTtl: 60 }, 'invalid_request', /^requestedTtl .*requested_ttl/],
    ['two letters in turn', { ...READ_HERE, evidecne: '[]' }, 'invalid_request', /^evidecne .*evidence/],
  ])('is refused with %s, by the name of the parameter and its rule', async (_what, members, error, rule) => {
    const before = await rows();
    const given = await agent().askHere(members);
    expect(given).toMatchObject(refusedWith(error));
    expect(given.body.error_description).toMatch(rule);
    expect(given.body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(await rows()).toEqual(before);
  });

  it('may hold parameters that are nobody’s, and none twice', async () => {
    expect((await agent().askHere({ ...READ_HERE, audience: 'x', scope: 'y', foo: 'bar' })).status).toBe(200);
    const body = new URLSearchParams({
      ...askForm(READ_HERE),
      client_assertion: await agent().assertion(),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    body.append('resource', 'https://other.example');
    const twice = await fetch(`${stage.broker.issuer}/oauth/token`, { method: 'POST', body });
    expect([twice.status, ((await twice.json()) as { error: string }).error]).toEqual([400, 'invalid_request']);
  });

  it('under a used assertion is refused before anything is read', async () => {
    const client_assertion = await agent().assertion();
    const send = (): Promise<Response> =>
      fetch(`${stage.broker.issuer}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...askForm(READ_HERE),
          client_assertion,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        }),
      });
    expect((await send()).status).toBe(200);
    const before = await rows();
    expect((await send()).status).toBe(401);
    expect(await rows()).toEqual(before);
  });
});
