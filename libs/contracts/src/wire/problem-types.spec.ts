import { describe, expect, it } from '@jest/globals';
import { refuse, type RefusalCode } from '#domain/refusal.js';
import { PROBLEM_CODES, presentProblem, statusOf } from './problem-types.js';

/** As the contract has it. */
const STATUSES: Readonly<Record<number, readonly RefusalCode[]>> = {
  400: ['invalid_request', 'unknown_field', 'invalid_authorization_details'],
  401: ['unauthenticated', 'insufficient_user_authentication'],
  403: ['forbidden', 'not_eligible', 'slack_deny_only', 'break_glass_unreviewed', 'csrf'],
  404: ['not_found'],
  409: [
    'already_decided',
    'already_ended',
    'already_voted',
    'already_linked',
    'already_nudged',
    'hardly_read',
    'stale_digest',
    'in_progress',
  ],
  413: ['too_large_body'],
  415: ['unsupported_media_type'],
  422: ['too_long', 'too_large', 'out_of_range', 'not_requestable', 'idempotency_mismatch'],
  429: ['rate_limited', 'too_many_pending'],
  503: ['unavailable'],
};
const ROWS = Object.entries(STATUSES).flatMap(([status, codes]) =>
  codes.map((code) => [code, Number(status)] as const),
);

describe('problems', () => {
  it('have the codes of the contract and no others', () => {
    expect([...PROBLEM_CODES].sort()).toEqual(ROWS.map(([code]) => code).sort());
  });

  it.each(ROWS)('%s is a %d', (code, status) => {
    expect(statusOf(code)).toBe(status);
    const { body, ...problem } = presentProblem(refuse(code, 'One sentence.'));
    expect(problem).toEqual({ status, retryAfterSeconds: null });
    expect(body).toMatchObject({
      type: `urn:writ:problem:${code}`,
      code,
      title: expect.stringMatching(/^[A-Z]/),
      detail: 'One sentence.',
    });
  });

  it('carry faults, facts and when to come back', () => {
    const { body, retryAfterSeconds } = presentProblem(
      refuse('rate_limited', 'Slowly.', {
        retryAfterSeconds: 7,
        facts: { most: 3 },
        errors: [{ pointer: '/a', rule: 'r' }],
      }),
    );
    expect(retryAfterSeconds).toBe(7);
    expect(body).toMatchObject({ most: 3, status: 429, errors: [{ pointer: '/a', rule: 'r' }] });
    expect(presentProblem(refuse('not_found', 'No.')).body).not.toHaveProperty('errors');
  });

  it('give the member status to the escalation when it was decided before, the HTTP status stays 409', () => {
    const problem = presentProblem(refuse('already_decided', 'Over.', { facts: { status: 'lapsed' } }));
    expect([problem.status, problem.body['status']]).toEqual([409, 'lapsed']);
  });

  it('cannot be given another type, code or detail by a fact', () => {
    const facts = { status: 'open', type: 'about:blank', code: 'fine', detail: 'x' };
    const { status, body } = presentProblem(refuse('not_eligible', 'No.', { facts }));
    expect(status).toBe(403);
    expect(body).toMatchObject({
      type: 'urn:writ:problem:not_eligible',
      code: 'not_eligible',
      detail: 'No.',
      status: 403,
    });
  });
});
