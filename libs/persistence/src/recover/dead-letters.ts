import { JOBS, type Topic } from '#delivery/queues.js';
import type { Actor, HistoryEntry } from '#escalations/rows/history.js';

/** What the history says of a dead letter. The error stays in the letter: it is others' words, and the log is for ever. */
export function letterHistory(
  type: 'job.dead_lettered' | 'job.retried',
  actor: Actor,
  letter: { readonly id: string; readonly topic: string; readonly jobId: string; readonly subject: string },
): HistoryEntry {
  const data = { letter: letter.id, topic: letter.topic, job: letter.jobId };
  const subject: string | undefined = letter.topic in JOBS ? JOBS[letter.topic as Topic].subject : undefined;
  if (subject === 'escalation') return { type, actor, escalation: letter.subject, data };
  if (subject === 'grant') return { type, actor, grant: letter.subject, data };
  return { type, actor, data };
}
