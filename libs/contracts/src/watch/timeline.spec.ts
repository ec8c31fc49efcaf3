import { expect, it } from '@jest/globals';
import type { EventRow } from '#escalations/watch/history.js';
import { timelineText } from './timeline.js';

const event = (type: string): EventRow =>
  ({ type, actor: { kind: 'person', id: 'bob' }, data: {} }) as unknown as EventRow;
const read = (type: string): string | null => timelineText(event(type), (id) => id);

it('has words for an event, its type where that says it, and nothing for what a card went through', () => {
  expect(read('escalation.nudged')).toBe('bob nudged the approvers');
  expect(read('vote.ended')).toBe('vote ended');
  expect([read('card.posted'), read('card.updated')]).toEqual([null, null]);
});

it('reads an event that a later version wrote as its type', () => {
  expect(read('grant.lent_out')).toBe('grant lent out');
  expect(read('toString')).toBe('toString');
});
