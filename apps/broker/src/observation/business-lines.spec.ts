import { expect, it } from '@jest/globals';
import { EVENT_TYPES } from '#escalations/rows/event-types.js';
import { SYSTEM, type HistoryEntry } from '#escalations/rows/history.js';
import { businessLines } from './business-lines.js';

const entry = (type: string): HistoryEntry => ({ type, actor: SYSTEM, data: {} }) as HistoryEntry;

it('tells of an event that a command of a later version wrote nothing, and of what it knows all the same', () => {
  const lines = businessLines([entry('grant.lent_out'), entry('toString'), entry('restore.declared')]);
  expect(lines.map(({ message }) => message)).toEqual(['a restore was declared']);
});

it('has a line or none for every type of event', () => {
  expect(() => businessLines(EVENT_TYPES.map(entry))).not.toThrow();
});
