import type { Provider } from '@nestjs/common';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import { PrismaDetailsOpened } from '#persistence/decide/prisma-details-opened.js';
import { PostgresThreadStore } from '#persistence/slack/postgres-thread-store.js';
import { DetailsOpened, ThreadStore } from '#slack/ports.js';

/** What cards remember beside themselves, and what their buttons do beside votes. */
export const cardProviders: Provider[] = [
  { provide: DetailsOpened, useClass: PrismaDetailsOpened },
  { provide: ThreadStore, useClass: PostgresThreadStore },
  RevokeAsPerson,
];
