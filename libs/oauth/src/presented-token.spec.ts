import { describe, expect, it } from '@jest/globals';
import type { FormRequest } from './form.js';
import { answerIntrospection, INTROSPECTION_STEPS } from './introspection-endpoint.js';
import { answerRevocation, REVOCATION_STEPS } from './revocation-endpoint.js';
import { doors, formOf, REDEEMED } from './testing/doors.js';

const AGENT = 'client_assertion=agent:support-bot';
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
const ENDPOINTS = [
  ['introspection', answerIntrospection],
  ['revocation', answerRevocation],
] as const;

describe.each(ENDPOINTS)('%s', (_name, answerTo) => {
  it.each<[string, FormRequest, number, string]>([
    ['JSON', formOf('{"token":"t"}', { contentType: 'application/json' }), 415, 'invalid_request'],
    ['a repeated token', formOf(`token=a&token=b&${AGENT}`), 400, 'invalid_request'],
    ['nobody', formOf('token=t'), 401, 'invalid_client'],
    ['no token', formOf(AGENT), 400, 'invalid_request'],
    ['a token without a value', formOf(`token=&${AGENT}`), 400, 'invalid_request'],
    ['secrets that wait', formOf('token=t&client_assertion=busy'), 503, 'temporarily_unavailable'],
  ])('refuses %s', async (_shape, request, status, error) => {
    const { services, calls } = doors();
    expect(await answerTo(request, services)).toMatchObject({ status, headers: NO_STORE, body: { error } });
    expect(calls).toEqual([]);
  });

  it('asks who is there before it looks at the token', async () => {
    expect((await answerTo(formOf(''), doors().services)).body).toMatchObject({ error: 'invalid_client' });
  });
});

it('both endpoints read a token in the same order', () => {
  const first = ['requireForm', 'refuseRepeatedParameters', 'authenticateClient', 'readToken'];
  expect(INTROSPECTION_STEPS.names).toEqual([...first, 'introspect']);
  expect(REVOCATION_STEPS.names).toEqual([...first, 'revoke']);
});

describe('introspection', () => {
  it('tells the claims of a token that is good for the caller', async () => {
    const claims = { active: true, sub: 'agent:support-bot', uses_remaining: null };
    const { services, calls } = doors(REDEEMED, claims);
    const request = formOf('token=t&token_type_hint=refresh_token', { authorization: 'Basic payments-api' });
    expect(await answerIntrospection(request, services)).toEqual({ status: 200, headers: NO_STORE, body: claims });
    expect(calls).toEqual([['introspect', { kind: 'client', id: 'payments-api', suspended: false }, 't']]);
  });

  it('says exactly {"active":false} of everything else', async () => {
    const answer = await answerIntrospection(formOf(`token=t&${AGENT}`), doors().services);
    expect(JSON.stringify(answer.body)).toBe('{"active":false}');
    expect(answer.status).toBe(200);
  });
});

describe('revocation', () => {
  it('takes what an agent gives back and answers empty', async () => {
    const { services, calls } = doors();
    const answer = await answerRevocation(formOf(`token=t&token_type_hint=unheard_of&${AGENT}`), services);
    expect(answer).toEqual({ status: 200, headers: NO_STORE, body: null });
    expect(calls).toEqual([['revoke', 'support-bot', 't']]);
  });

  it('answers a resource server alike and does nothing', async () => {
    const { services, calls } = doors();
    const answer = await answerRevocation(formOf('token=t&client_assertion=client:payments-api'), services);
    expect(answer).toEqual({ status: 200, headers: NO_STORE, body: null });
    expect(calls).toEqual([]);
  });
});
