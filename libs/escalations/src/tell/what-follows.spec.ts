import { describe, expect, it } from '@jest/globals';
import { about, aboutAgent } from '../about.js';
import { EVENT_TYPES } from '../rows/event-types.js';
import { SYSTEM, type HistoryEntry } from '../rows/history.js';
import { isThreadLine, jobsAfter, NOTIFIED_EVENTS, THREAD_EVENTS, WHAT_FOLLOWS } from './what-follows.js';

const REQUEST = { id: 'esc_1', agentId: 'support-bot' };
const GRANT = { id: 'grt_1', escalationId: 'esc_1', agentId: 'support-bot' };
const BOB = { kind: 'person', id: 'bob' } as const;
const POLICY = { kind: 'policy', id: 'v1' } as const;
const AGENT = { kind: 'agent', id: 'support-bot' } as const;

const jobs = (...entries: HistoryEntry[]): string[] =>
  jobsAfter(entries).map(
    ({ topic, payload, afterMs }) => `${topic} ${payload.id}${afterMs === undefined ? '' : ` at ${afterMs}`}`,
  );

describe('what follows an event', () => {
  it('is a row for each type, in the order of the closed list', () => {
    expect(Object.keys(WHAT_FOLLOWS)).toEqual(EVENT_TYPES);
  });

  it('makes these types lines in threads, and these notices', () => {
    expect(THREAD_EVENTS).toEqual([
      'escalation.denied',
      'escalation.reminded',
      'escalation.deputy_asked',
      'escalation.nudged',
      'vote.recorded',
      'grant.completed',
      'grant.expired',
      'grant.revoked',
      'token.minted',
      'token.used',
      'token.use_refused',
      'comment.added',
    ]);
    expect(NOTIFIED_EVENTS).toEqual([
      'escalation.requested',
      'escalation.approved',
      'escalation.denied',
      'escalation.lapsed',
      'escalation.reminded',
      'escalation.deputy_asked',
      'grant.revoked',
      'break_glass.used',
    ]);
  });

  it('is all that people need where a request waits for them, and nothing where policy decided it at once', () => {
    const requested = about(REQUEST).says('escalation.requested', AGENT, {});
    expect(jobs({ ...requested, due: { reminders: [10, 20], end: 30 } })).toEqual([
      'card.publish esc_1',
      'reminder.escalation esc_1 at 10',
      'reminder.escalation esc_1 at 20',
      'deadline.escalation esc_1 at 30',
      'notice.send esc_1',
    ]);
    expect(jobs(requested, about(REQUEST).says('escalation.approved', POLICY, {}))).toEqual([]);
    expect(jobs(requested, about(REQUEST).says('escalation.denied', POLICY, {}))).toEqual([]);
  });

  it('is told of policy’s denial where it overrules people, also in the thread, which has every other denial as a vote', () => {
    const late = about(REQUEST).says('escalation.denied', POLICY, { approved_by: ['bob'] });
    expect(jobs(late)).toEqual(['card.publish esc_1', 'notice.send esc_1']);
    expect([late, about(REQUEST).says('escalation.denied', BOB, {})].map(isThreadLine)).toEqual([true, false]);
  });

  it('is one job of a kind for each request, however many of its events are written together', () => {
    const ended = [1, 2, 3].map((n) => about({ ...GRANT, id: `grt_${n}` }).says('grant.revoked', SYSTEM, {}));
    expect(jobs(...ended)).toEqual(['card.publish esc_1', 'notice.send esc_1']);
  });

  it('is the end of a grant at the instant that the entry names, where people were asked for it', () => {
    const ready = about(GRANT).says('grant.ready', POLICY, {});
    expect(jobs({ ...ready, due: { end: 30 } })).toEqual(['deadline.grant grt_1 at 30']);
    const alone = about({ ...GRANT, peopleAsked: false }).says('grant.ready', POLICY, {});
    expect(jobs({ ...alone, due: { end: 30 } })).toEqual([]);
  });

  it('is nothing of cards, threads or the clock, whatever happens to what policy decided alone', () => {
    const said = EVENT_TYPES.map((type) => ({
      ...about({ ...GRANT, peopleAsked: false }).says(type, BOB, { use: 1 }),
      due: { reminders: [10], end: 30 },
    }));
    expect([...new Set(jobs(...said))]).toEqual(['notice.send esc_1', 'break_glass.notice esc_1']);
    expect(said.filter(isThreadLine)).toEqual([]);
  });

  it('is told of a revocation outside Slack, where policy alone had allowed the grant: its resource has owners', () => {
    const revoked = about({ ...GRANT, peopleAsked: false }).says('grant.revoked', BOB, {});
    expect(jobs(revoked)).toEqual(['notice.send esc_1']);
  });

  it('is told outside Slack late in the window alone', () => {
    const step = (name: string) => jobs(about(REQUEST).says('escalation.reminded', SYSTEM, { step: name }));
    expect(step('half')).toEqual(['card.publish esc_1']);
    expect(step('late')).toEqual(['card.publish esc_1', 'notice.send esc_1']);
  });

  it('is a line for the first use of a grant and no later one', () => {
    const used = (use: number) => about(GRANT).says('token.used', AGENT, { use });
    expect([1, 2].map((use) => isThreadLine(used(use)))).toEqual([true, false]);
  });
});

describe('an entry about something', () => {
  it('says where nobody was asked, and nothing of it where people were or may have been', () => {
    const outcomes = ['allow', 'deny', 'require_approval'] as const;
    const asked = outcomes.map((outcome) => about({ ...REQUEST, policy: { outcome } }).says('comment.added', BOB));
    expect(asked.map(({ peopleAsked }) => peopleAsked)).toEqual([false, false, undefined]);
    const granted = [false, true].map((peopleAsked) => about({ ...GRANT, peopleAsked }).says('grant.ready', POLICY));
    expect(granted.map(({ peopleAsked }) => peopleAsked)).toEqual([false, undefined]);
  });

  it('names a grant with its request and agent, a request with its agent, an agent alone', () => {
    expect(about(GRANT).says('grant.revoked', BOB, { reason: 'No.' })).toEqual({
      type: 'grant.revoked',
      actor: BOB,
      escalation: 'esc_1',
      grant: 'grt_1',
      agent: 'support-bot',
      data: { reason: 'No.' },
    });
    expect(about(REQUEST).says('escalation.nudged', BOB)).toEqual({
      type: 'escalation.nudged',
      actor: BOB,
      escalation: 'esc_1',
      agent: 'support-bot',
    });
    expect(aboutAgent('support-bot').says('agent.resumed', BOB)).toEqual({
      type: 'agent.resumed',
      actor: BOB,
      agent: 'support-bot',
    });
  });
});
