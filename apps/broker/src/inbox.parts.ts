import type { Provider } from '@nestjs/common';
import { AgentRecord } from '#escalations/agent-record.js';
import { ClockPart } from '#escalations/context/clock-part.js';
import { CommentsPart } from '#escalations/context/comments-part.js';
import { ContextParts } from '#escalations/context/context-parts.js';
import { FoldedPart } from '#escalations/context/folded-part.js';
import { DryRunPolicy } from '#escalations/dry-run.js';
import { Inbox } from '#escalations/inbox.js';
import { LiveAuthority } from '#escalations/live-authority.js';
import { PacedClock } from '#escalations/paced-clock.js';
import { ReadAgent } from '#escalations/read-agent.js';
import { ReadContext } from '#escalations/read-context.js';
import { ReadInbox } from '#escalations/read-inbox.js';
import { ReadLiveGrants } from '#escalations/read-live-grants.js';
import { PostgresAgentRecord } from '#persistence/postgres-agent-record.js';
import { PostgresFoldedPart } from '#persistence/postgres-asks.js';
import { PostgresComments } from '#persistence/postgres-comments.js';
import { PostgresInbox } from '#persistence/postgres-inbox.js';
import { PostgresLiveAuthority } from '#persistence/postgres-live-authority.js';

/** What people read before they decide, and the parts of an escalation's page. */
export const inboxParts: Provider[] = [
  { provide: Inbox, useClass: PostgresInbox },
  { provide: CommentsPart, useClass: PostgresComments },
  { provide: ClockPart, useClass: PacedClock },
  { provide: FoldedPart, useClass: PostgresFoldedPart },
  { provide: LiveAuthority, useClass: PostgresLiveAuthority },
  { provide: AgentRecord, useClass: PostgresAgentRecord },
  ContextParts,
  ReadAgent,
  ReadInbox,
  ReadLiveGrants,
  ReadContext,
  DryRunPolicy,
];
