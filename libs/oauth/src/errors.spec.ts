import { describe, expect, it } from '@jest/globals';
import { refuse, type RefusalCode } from '#domain/refusal.js';
import { errorAnswer, fromRefusal, ourFault } from './errors.js';
import { speaksOAuth } from './routes.js';

const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

describe('what is refused outside the steps', () => {
  it.each<[RefusalCode, number, string]>([
    ['unavailable', 503, 'temporarily_unavailable'],
    ['too_large_body', 413, 'invalid_request'],
    ['unsupported_media_type', 415, 'invalid_request'],
    ['invalid_request', 400, 'invalid_request'],
    ['not_found', 404, 'invalid_request'],
  ])('is said in OAuth’s words when it is %s', (code, status, error) => {
    const answer = errorAnswer(fromRefusal(refuse(code, 'for the log')));
    expect(answer).toMatchObject({ status, headers: NO_STORE, body: { error } });
    expect('Retry-After' in answer.headers).toBe(status === 503);
    expect(JSON.stringify(answer.body)).not.toContain('for the log');
  });

  it('says how long to wait', () => {
    const refusal = refuse('unavailable', 'x', { retryAfterSeconds: 7 });
    expect(errorAnswer(fromRefusal(refusal)).headers['Retry-After']).toBe('7');
  });

  it('tells of our own faults only where the log has them', () => {
    const body = { error: 'server_error', error_description: 'Incident 0a1b.' };
    expect(errorAnswer(ourFault('0a1b'))).toEqual({ status: 500, headers: NO_STORE, body });
  });
});

it('everything under /oauth/ speaks OAuth errors, and nothing else does', () => {
  for (const url of ['/oauth/token?x=1', '/oauth/token/', '/oauth/jwks', '/oauth/bc-authorize'])
    expect(speaksOAuth(url)).toBe(true);
  for (const url of ['/v1/escalations', '/oauth', '/oauthority', '/x/oauth/token', '/status'])
    expect(speaksOAuth(url)).toBe(false);
});
