import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AddComment } from '#escalations/people/add-comment.js';
import { DuplicateGroups } from '#escalations/ask/ask-ledger.js';
import { BreakGlassUses } from '#escalations/judge/break-glass.js';
import { Inbox } from '#escalations/watch/inbox.js';
import { DecisionPace } from '#escalations/watch/insights.js';
import { Mutes } from '#escalations/people/mutes.js';
import { Store, RegistrySource } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import { RevokeAsPerson } from '#escalations/end/revoke-as-person.js';
import { SlackPeople } from '#escalations/people/slack-people.js';
import { SlackLinking } from '#identity/people/slack-linking.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { Metrics } from '#platform/observe/metrics.js';
import {
  CardDrift,
  CardFailures,
  CardStore,
  CardThreads,
  CardTurns,
  DetailsOpened,
  SlackDeliveries,
  ThreadStore,
} from '#slack/ports.js';
import { DeliveriesInMemory } from '#slack/testing/deliveries-in-memory.js';
import type { SlackPart } from '../../wiring/slack.module.js';
import { cardStoresOver } from './card-stores.fixture.js';
import { CardsInMemory, type RowsInMemory } from './rows-in-memory.fixture.js';
import { DetailsInMemory } from './slack.fixture.js';

/** What the Slack parts find in the module around them, where a test brings its own. */
export interface OwnStores {
  readonly cards?: CardsInMemory;
  readonly deliveries?: SlackDeliveries;
}

/** An application with these parts over rows in memory, begun as the broker begins; close it. */
export function openSlackApplication(
  rows: RowsInMemory,
  parts: readonly SlackPart[],
  { cards = new CardsInMemory(), deliveries = new DeliveriesInMemory() }: OwnStores = {},
): Promise<INestApplicationContext> {
  const desk = cardStoresOver(cards);
  const given = new Map<unknown, unknown>([
    [CardStore, cards],
    [CardTurns, desk.turns],
    [CardDrift, desk.drift],
    [CardFailures, desk.failures],
    [Metrics, {}],
    [SlackDeliveries, deliveries],
    [RegistrySource, rows.registry],
    [Store, rows.store],
    [ReadEscalation, rows.readEscalation()],
    [RecordDecision, rows.recordDecision()],
    [SlackPeople, rows.slackPeople],
    [Inbox, rows.inbox],
    [DetailsOpened, new DetailsInMemory()],
    [ThreadStore, {}],
    [RevokeAsPerson, {}],
    [DuplicateGroups, { of: async (id: string) => ({ head: id, behind: [], changes: 0 }) }],
    [BreakGlassUses, {}],
    [DecisionPace, { warning: async () => null }],
    [BrokerIdentity, new BrokerIdentity('http://localhost:3000')],
    ...[ReadInbox, RevokeAsPerson, SlackLinking, Mutes, AddComment, CardThreads].map((port) => [port, {}] as const),
  ]);
  class Room {}
  Module({
    providers: [
      ...[...given].map(([provide, useValue]) => ({ provide: provide as Type, useValue })),
      ...parts.flatMap((part) => part.providers),
    ],
  })(Room);
  return NestFactory.createApplicationContext(Room, { logger: false });
}
