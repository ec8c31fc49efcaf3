import type { Provider } from '@nestjs/common';
import { RevokeAsPerson } from '#escalations/revoke-as-person.js';
import { PostgresDetailsOpened } from '#persistence/postgres-details-opened.js';
import { PostgresThreadStore } from '#persistence/postgres-thread-store.js';
import { DetailsOpened, ThreadStore } from '#slack/ports.js';

/** What cards remember beside themselves, and what their buttons do beside votes. */
export const cardParts: Provider[] = [
  { provide: DetailsOpened, useClass: PostgresDetailsOpened },
  { provide: ThreadStore, useClass: PostgresThreadStore },
  RevokeAsPerson,
];
