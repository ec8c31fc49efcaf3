import type { Provider } from '@nestjs/common';
import { AddComment } from '#escalations/people/add-comment.js';
import { Mutes } from '#escalations/people/mutes.js';
import { SlackLinks } from '#escalations/people/slack-links.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import { PrismaCardThreads } from '#persistence/people/prisma-card-threads.js';
import { PostgresMutes } from '#persistence/people/postgres-mutes.js';
import { PostgresSlackLinks } from '#persistence/people/postgres-slack-links.js';
import { CardThreads } from '#slack/ports.js';

/** People's Slack accounts, their comments, and the reminders that they have muted. */
export const peopleProviders: Provider[] = [
  { provide: SlackLinks, useClass: PostgresSlackLinks },
  { provide: CardThreads, useClass: PrismaCardThreads },
  { provide: Mutes, useClass: PostgresMutes },
  SlackPeople,
  AddComment,
  SlackLinking,
];
