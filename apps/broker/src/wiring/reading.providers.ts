import type { Provider } from '@nestjs/common';
import { AgentRecord } from '#escalations/watch/agent-record.js';
import { TimetablePart } from '#escalations/watch/context/timetable-part.js';
import { CommentsPart } from '#escalations/watch/context/comments-part.js';
import { BesideRequest } from '#escalations/watch/context/beside-request.js';
import { DuplicatesPart } from '#escalations/watch/context/duplicates-part.js';
import { DryRunPolicy } from '#escalations/configure/dry-run.js';
import { Inbox } from '#escalations/watch/inbox.js';
import { LiveAuthority } from '#escalations/watch/live-authority.js';
import { Timetable } from '#escalations/watch/timetable.js';
import { ReadAgent } from '#escalations/watch/read-agent.js';
import { ReadContext } from '#escalations/watch/context/read-context.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { ReadLiveGrants } from '#escalations/watch/read-live-grants.js';
import { PostgresAgentRecord } from '#persistence/watch/postgres-agent-record.js';
import { PostgresDuplicatesPart } from '#persistence/ask/postgres-asks.js';
import { PrismaComments } from '#persistence/people/prisma-comments.js';
import { PostgresInbox } from '#persistence/watch/postgres-inbox.js';
import { PostgresLiveAuthority } from '#persistence/watch/postgres-live-authority.js';

/** What people read before they decide, and the parts of an escalation's page. */
export const readingProviders: Provider[] = [
  { provide: Inbox, useClass: PostgresInbox },
  { provide: CommentsPart, useClass: PrismaComments },
  { provide: TimetablePart, useClass: Timetable },
  { provide: DuplicatesPart, useClass: PostgresDuplicatesPart },
  { provide: LiveAuthority, useClass: PostgresLiveAuthority },
  { provide: AgentRecord, useClass: PostgresAgentRecord },
  BesideRequest,
  ReadAgent,
  ReadInbox,
  ReadLiveGrants,
  ReadContext,
  DryRunPolicy,
];
