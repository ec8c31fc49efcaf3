import { describe, expect, it } from '@jest/globals';
import { fastStreak, hastyWords, paceWarning, ruleCandidate, type PacedDecision } from '#domain/approval/pace.js';

const approve = (seconds: number): PacedDecision => ({ verdict: 'approve', seconds });
const deny = (seconds: number): PacedDecision => ({ verdict: 'deny', seconds });

describe('a streak of fast approvals', () => {
  it.each<[string, PacedDecision[], number]>([
    ['is empty without decisions', [], 0],
    ['counts the newest', [approve(1), approve(10), approve(11), approve(1)], 2],
    ['ends at a denial', [approve(1), deny(1), approve(1)], 1],
    ['is over after a slow one', [approve(60), approve(1)], 0],
    ['may be all there is', [approve(1), approve(2)], 2],
  ])('%s', (_name, decisions, streak) => expect(fastStreak(decisions)).toBe(streak));

  it('is spoken of from five on', () => {
    expect(paceWarning(4)).toBeNull();
    expect(paceWarning(5)).toMatch(/5 requests in a row/);
  });
});

describe('the record of a rule', () => {
  it.each([
    [10, 0, 'allow'],
    [9, 0, null],
    [50, 1, null],
    [0, 10, 'forbid'],
    [0, 9, null],
    [1, 50, null],
    [0, 0, null],
  ] as const)('of %i approved and %i denied suggests %s', (approved, denied, candidate) =>
    expect(ruleCandidate(approved, denied, { approvals: approved, fast: 0 })).toBe(candidate),
  );

  it('suggests to allow nothing while more than a fifth of its approvals were fast', () => {
    expect(ruleCandidate(10, 0, { approvals: 10, fast: 2 })).toBe('allow');
    expect(ruleCandidate(10, 0, { approvals: 10, fast: 3 })).toBeNull();
    expect(ruleCandidate(0, 10, { approvals: 10, fast: 10 })).toBe('forbid');
  });

  it('says how many were fast where that is why', () => {
    expect(hastyWords({ approvals: 100, fast: 31 })).toBe('31 % of its approvals took under 10 s');
    expect([hastyWords({ approvals: 5, fast: 1 }), hastyWords({ approvals: 0, fast: 0 })]).toEqual([null, null]);
  });
});
