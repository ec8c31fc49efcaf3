import { describe, expect, it } from '@jest/globals';
import { refuse, type Refusal } from '#domain/refusal.js';
import type { RedeemError } from '#escalations/collect/redeem-grant.js';
import type { FormRequest } from './form.js';
import { DEFERRED } from '#domain/deferred-grant.js';
import { askForToken, CLIENT_CREDENTIALS } from './grants/asking.js';
import { redeemDeferred } from './grants/deferred.js';
import { ACCESS_TOKEN, renewToken, TOKEN_EXCHANGE } from './grants/renewal.js';
import { doors, formOf, REDEEMED } from './testing/doors.js';
import { answerToken, TOKEN_STEPS } from './token-endpoint.js';

const AGENT = 'client_assertion=agent:support-bot';
const REDEEM = `grant_type=${DEFERRED}&deferral_code=c0de`;
const NO_KEY = refuse('invalid_request', 'The Idempotency-Key header cannot be used.');
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const RENEW = `grant_type=${TOKEN_EXCHANGE}&subject_token=t0k&subject_token_type=${ACCESS_TOKEN}`;

describe('an ask', () => {
  const ASK = `grant_type=${CLIENT_CREDENTIALS}&resource=https://api.example&authorization_details=[]`;

  it('walks its steps in this order', () => {
    expect(askForToken.names).toEqual([
      'requireAgentItself',
      'refuseWorkHandedOn',
      'readAskMembers',
      'takeRedeemKey',
      'ask',
    ]);
  });

  it('hands on its members as JSON has them, and whether the client comes again', async () => {
    const { services, calls } = doors();
    const more = 'max_uses=2&task={"id":"t"}&break_glass=false&justification=Why.&completion_mode=x+deferred&zz=1';
    const asked = formOf(`${ASK}&${more}&${AGENT}`, { redeemKey: 'key-1' });
    expect((await answerToken(asked, services)).body).toMatchObject({ escalation_id: 'esc_1', grant_id: 'grt_1' });
    const members = {
      resource: 'https://api.example',
      authorization_details: [],
      max_uses: 2,
      task: { id: 't' },
      break_glass: false,
      justification: 'Why.',
    };
    expect(calls).toEqual([['asks', 'support-bot', { members, deferred: true }, 'key-1']]);
  });

  it.each<[Refusal, number, string, string]>([
    [refuse('not_requestable', 'No.'), 400, 'invalid_authorization_details', 'No.'],
    [refuse('break_glass_unreviewed', 'No.'), 400, 'invalid_authorization_details', 'No.'],
    [refuse('unauthenticated', 'No.'), 401, 'invalid_client', 'No.'],
    [refuse('forbidden', 'No.'), 400, 'unauthorized_client', 'No.'],
    [refuse('idempotency_mismatch', 'No.'), 400, 'invalid_request', 'No.'],
    [refuse('in_progress', 'No.', { retryAfterSeconds: 1 }), 409, 'temporarily_unavailable', 'No.'],
    [refuse('too_many_pending', 'No.', { retryAfterSeconds: 30 }), 429, 'temporarily_unavailable', 'No.'],
    [refuse('rate_limited', 'No.', { retryAfterSeconds: 9 }), 429, 'temporarily_unavailable', 'No.'],
    [refuse('unavailable', 'No.'), 503, 'temporarily_unavailable', 'The broker cannot answer now. Try again.'],
    [
      refuse('too_long', 'No.', { errors: [{ pointer: '/task/id', rule: 'is "lang"' }] }),
      400,
      'invalid_request',
      'task/id is ?lang?.',
    ],
    [
      refuse('too_long', 'No.', { errors: [{ pointer: '/authorization_details/0/identifier', rule: 'is long' }] }),
      400,
      'invalid_authorization_details',
      'authorization_details/0/identifier is long.',
    ],
  ])('says what is refused in OAuth’s words', async (refusal, status, error, error_description) => {
    const { services } = doors(REDEEMED, null, REDEEMED, refusal);
    const answer = await answerToken(formOf(`${ASK}&${AGENT}`), services);
    expect(answer).toMatchObject({ status, body: { error, error_description } });
    const { retryAfterSeconds } = refusal;
    if (retryAfterSeconds !== undefined) expect(answer.headers['Retry-After']).toBe(String(retryAfterSeconds));
  });
});

describe('a renewal', () => {
  it('walks its steps in this order', () => {
    expect(renewToken.names).toEqual([
      'requireAgentItself',
      'readSubjectToken',
      'refuseOtherTokens',
      'takeRedeemKey',
      'renew',
    ]);
  });

  it('answers with the next token, as RFC 8693 says', async () => {
    const { services, calls } = doors();
    const asked = formOf(`${RENEW}&requested_token_type=${ACCESS_TOKEN}&${AGENT}`, { redeemKey: 'key-1' });
    expect(await answerToken(asked, services)).toEqual({
      status: 200,
      headers: NO_STORE,
      body: {
        issued_token_type: ACCESS_TOKEN,
        access_token: 'header.payload.signature',
        token_type: 'Bearer',
        expires_in: 120,
        scope: 'refund.create',
        authorization_details: [{ type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812' }],
        grant_id: 'grt_1',
      },
    });
    expect(calls).toEqual([['renew', 'support-bot', 't0k', 'key-1']]);
  });

  it('is refused with invalid_request where the use case refuses', async () => {
    const { services } = doors(REDEEMED, null, { error: 'invalid_request', description: 'Why.' });
    expect(await answerToken(formOf(`${RENEW}&${AGENT}`), services)).toEqual({
      status: 400,
      headers: NO_STORE,
      body: { error: 'invalid_request', error_description: 'Why.' },
    });
  });

  const BARE = `grant_type=${TOKEN_EXCHANGE}`;
  it.each<[string, FormRequest, string]>([
    ['a resource server', formOf(`${RENEW}&client_assertion=client:api`), 'unauthorized_client'],
    ['no token', formOf(`${BARE}&subject_token_type=${ACCESS_TOKEN}&${AGENT}`), 'invalid_request'],
    ['no type of token', formOf(`${BARE}&subject_token=t0k&${AGENT}`), 'invalid_request'],
    ['another type of token', formOf(`${BARE}&subject_token=t0k&subject_token_type=jwt&${AGENT}`), 'invalid_request'],
    ['another type wanted', formOf(`${RENEW}&requested_token_type=jwt&${AGENT}`), 'invalid_request'],
    ['an actor', formOf(`${RENEW}&actor_token=x&${AGENT}`), 'invalid_request'],
    ['another scope', formOf(`${RENEW}&scope=all&${AGENT}`), 'invalid_request'],
    ['another audience', formOf(`${RENEW}&audience=x&${AGENT}`), 'invalid_request'],
    ['an Idempotency-Key of no use', formOf(`${RENEW}&${AGENT}`, { redeemKey: NO_KEY }), 'invalid_request'],
  ])('refuses %s and renews nothing', async (_shape, request, error) => {
    const { services, calls } = doors();
    expect(await answerToken(request, services)).toMatchObject({ status: 400, body: { error } });
    expect(calls).toEqual([]);
  });
});

describe('the token endpoint', () => {
  it('walks its steps in this order', () => {
    expect(TOKEN_STEPS.names).toEqual([
      'requireForm',
      'refuseRepeatedParameters',
      'authenticateClient',
      'refuseUnknownGrantType',
      'followGrant',
    ]);
    expect(redeemDeferred.names).toEqual(['readDeferralCode', 'requireAgent', 'takeRedeemKey', 'redeem']);
  });

  it('answers a redeemed code with the token and what it carries', async () => {
    const { services, calls } = doors();
    expect(await answerToken(formOf(`${REDEEM}&${AGENT}`), services)).toEqual({
      status: 200,
      headers: NO_STORE,
      body: {
        access_token: 'header.payload.signature',
        token_type: 'Bearer',
        expires_in: 120,
        scope: 'refund.create',
        authorization_details: [{ type: 'tool_call', actions: ['refund.create'], identifier: 'order/8812' }],
        grant_id: 'grt_1',
      },
    });
    expect(calls).toEqual([['redeem', 'support-bot', 'c0de', null]]);
  });

  it('hands on the Idempotency-Key, so that a lost answer can be fetched again', async () => {
    const { services, calls } = doors();
    await answerToken(formOf(`${REDEEM}&${AGENT}`, { redeemKey: 'key-1' }), services);
    expect(calls).toEqual([['redeem', 'support-bot', 'c0de', 'key-1']]);
  });

  const refused: [string, FormRequest, number, string][] = [
    ['JSON', formOf('{}', { contentType: 'application/json' }), 415, 'invalid_request'],
    ['a repeated parameter', formOf(`${REDEEM}&${AGENT}&deferral_code=c0de`), 400, 'invalid_request'],
    ['nobody', formOf(REDEEM), 401, 'invalid_client'],
    ['an empty form', formOf(''), 401, 'invalid_client'],
    ['two proofs', formOf(`${REDEEM}&${AGENT}`, { authorization: 'Basic api' }), 400, 'invalid_request'],
    ['a wrong header', formOf(REDEEM, { authorization: 'Bearer x' }), 401, 'invalid_client'],
    ['secrets that wait', formOf(`${REDEEM}&client_assertion=busy`), 503, 'temporarily_unavailable'],
    ['no grant type', formOf(`deferral_code=c0de&${AGENT}`), 400, 'invalid_request'],
    ['a grant type without a value', formOf(`grant_type=&deferral_code=c0de&${AGENT}`), 400, 'invalid_request'],
    ['another grant type', formOf(`grant_type=password&${AGENT}`), 400, 'unsupported_grant_type'],
    ['a grant type of every object', formOf(`grant_type=constructor&${AGENT}`), 400, 'unsupported_grant_type'],
    ['a resource server', formOf(`${REDEEM}&client_assertion=client:api`), 400, 'invalid_grant'],
    ['a resource server by Basic', formOf(REDEEM, { authorization: 'Basic api' }), 400, 'invalid_grant'],
    ['no code', formOf(`grant_type=${DEFERRED}&${AGENT}`), 400, 'invalid_request'],
    ['a code without a value', formOf(`grant_type=${DEFERRED}&deferral_code=&${AGENT}`), 400, 'invalid_request'],
    ['an Idempotency-Key of no use', formOf(`${REDEEM}&${AGENT}`, { redeemKey: NO_KEY }), 400, 'invalid_request'],
  ];

  it.each(refused)('refuses %s and redeems nothing', async (_shape, request, status, error) => {
    const { services, calls } = doors();
    const answer = await answerToken(request, services);
    expect(answer).toMatchObject({ status, headers: NO_STORE, body: { error } });
    expect(Object.keys(answer.body ?? {})).toEqual(['error', 'error_description']);
    expect(answer.body?.['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(calls).toEqual([]);
  });

  it('tells of a wrong grant type only to those it knows', async () => {
    const answer = await answerToken(formOf('grant_type=password&client_assertion=nobody'), doors().services);
    expect(answer.body).toMatchObject({ error: 'invalid_client' });
  });

  it('challenges only a client that used the Authorization header', async () => {
    const byHeader = await answerToken(formOf(REDEEM, { authorization: 'Basic not an id' }), doors().services);
    expect(byHeader.headers['WWW-Authenticate']).toBe('Basic realm="writ"');
    const byForm = await answerToken(formOf(`${REDEEM}&client_assertion=nobody`), doors().services);
    expect(byForm.headers).toEqual(NO_STORE);
  });

  it('tells nobody which check failed: whoever watches over authentication has it', async () => {
    const answer = await answerToken(formOf(REDEEM), doors().services);
    expect(answer.logged).toBeUndefined();
    expect(JSON.stringify(answer.body)).not.toContain('secret detail');
  });

  it('asks to come back when secrets wait', async () => {
    const answer = await answerToken(formOf(`${REDEEM}&client_assertion=busy`), doors().services);
    expect(answer.headers).toEqual({ ...NO_STORE, 'Retry-After': '1' });
  });

  it.each<[RedeemError, object]>([
    ['authorization_pending', { interval: 2 }],
    ['slow_down', { interval: 2 }],
    ['access_denied', {}],
    ['expired_token', {}],
    ['invalid_grant', {}],
  ])('answers %s with 400 and no challenge', async (error, more) => {
    const { services } = doors({ error, description: 'Why.' });
    expect(await answerToken(formOf(`${REDEEM}&${AGENT}`), services)).toEqual({
      status: 400,
      headers: NO_STORE,
      body: { error, error_description: 'Why.', ...more },
    });
  });

  it('lets a fault of the store through, for the filter to name', async () => {
    await expect(answerToken(formOf(`${REDEEM}&client_assertion=away`), doors(REDEEMED).services)).rejects.toThrow(
      'away',
    );
  });
});
