import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Reader, RegistrySource, UnitOfWork } from '#escalations/ports.js';
import { ReadEscalation } from '#escalations/read-escalation.js';
import { RecordDecision } from '#escalations/record-decision.js';
import { CardStore, SlackDeliveries } from '#slack/ports.js';
import type { SlackPart } from '../slack.module.js';
import { CardsInMemory, type RowsInMemory } from './desk.fixture.js';

/** What the Slack parts find in the module around them, where a test brings its own. */
export interface Furniture {
  readonly cards?: CardStore;
  readonly deliveries?: SlackDeliveries;
}

/** An application with these parts over rows in memory, begun as the broker begins; close it. */
export function openRoom(
  rows: RowsInMemory,
  parts: readonly SlackPart[],
  { cards = new CardsInMemory(), deliveries = { first: async () => true } }: Furniture = {},
): Promise<INestApplicationContext> {
  const given = new Map<unknown, unknown>([
    [CardStore, cards],
    [SlackDeliveries, deliveries],
    [RegistrySource, rows.registry],
    [UnitOfWork, rows.unitOfWork],
    [Reader, rows.reader],
    [ReadEscalation, rows.readEscalation()],
    [RecordDecision, rows.recordDecision()],
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
