import { randomBytes } from 'node:crypto';
import { Global, Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ListeningChangeSignal } from '#delivery/outbox/change-signal.js';
import { OutboxStore, WakeSignal } from '#delivery/ports.js';
import { AnswerOnce } from '#escalations/answer-once.js';
import { ApproverLimits } from '#escalations/decide/approver-limits.js';
import { CancelEscalation } from '#escalations/ask/cancel-escalation.js';
import { CloseOverdue, OverdueSource } from '#escalations/end/close-overdue.js';
import { CompleteGrant } from '#escalations/end/complete-grant.js';
import { ConsumeToken } from '#escalations/use/consume-token.js';
import { EvaluateEscalation } from '#escalations/ask/evaluate-escalation.js';
import { History } from '#escalations/watch/history.js';
import { GoodTokens } from '#escalations/use/good-tokens.js';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import { RememberedTokens, TokenWitness } from '#escalations/use/remembered-tokens.js';
import { Glances } from '#escalations/glances.js';
import { ConfigurationStore } from '#escalations/judge/configuration-store.js';
import { ChangeSignal, Ids, ISSUER, Store, Seals } from '#escalations/ports.js';
import { BrokenSeals } from '#escalations/sealed-kinds.js';
import { Observer } from '#escalations/watch/observation.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import { AskForToken } from '#escalations/collect/ask-for-token.js';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { GrantTokens } from '#escalations/collect/write-token.js';
import { ParentGrants } from '#escalations/ask/parent-grant.js';
import { RequestEscalation } from '#escalations/ask/request-escalation.js';
import { RevokeGrant } from '#escalations/end/revoke-grant.js';
import { RevokeToken } from '#escalations/end/revoke-token.js';
import { SuspendAgent } from '#escalations/end/suspend-agent.js';
import { AssertionLedger, RANDOM_BYTES, Registrations, SessionStore } from '#identity/ports.js';
import { Sessions } from '#identity/people/sessions.js';
import { Journal } from '#persistence/connection/journal.js';
import { Announcements } from '#persistence/deliver/announcements.js';
import { OutboxSignal } from '#persistence/connection/outbox-signal.js';
import { DatabasePool } from '#persistence/connection/pool.js';
import {
  PostgresAssertionLedger,
  PostgresRegistrations,
} from '#persistence/people/postgres-registrations-and-sessions.js';
import { isUnavailable } from '#persistence/connection/store-fault.js';
import { StorePulse } from '#persistence/connection/store-pulse.js';
import { WriteCheck } from '#persistence/connection/write-check.js';
import { PostgresCardStore } from '#persistence/slack/postgres-card-store.js';
import { PostgresCardFailures } from '#persistence/slack/postgres-card-failures.js';
import { PostgresCardDrift, PostgresCardTurns } from '#persistence/slack/postgres-card-turns.js';
import { PostgresListener } from '#persistence/deliver/postgres-listener.js';
import { PostgresOutbox } from '#persistence/deliver/postgres-outbox.js';
import { PostgresConfigurationStore } from '#persistence/configure/postgres-configuration-store.js';
import { PostgresGlances } from '#persistence/watch/postgres-glances.js';
import { PostgresHistory } from '#persistence/watch/postgres-history.js';
import { PostgresOverdueSource } from '#persistence/end/postgres-overdue-source.js';
import { PostgresSlackDeliveries } from '#persistence/slack/postgres-slack-deliveries.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import { AfterCommit, PostgresStore } from '#persistence/transaction/postgres-store.js';
import { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { PrismaRows } from '#persistence/connection/prisma-client.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { JsonLog } from '#platform/observe/log.js';
import { OutageJudge } from '#platform/http/problem.filter.js';
import { CardDrift, CardFailures, CardStore, CardTurns, SlackDeliveries } from '#slack/ports.js';
import { KeyRing } from '#tokens/key-ring.js';
import { deriveKey } from '#tokens/master-key.js';
import { cardProviders } from './cards.providers.js';
import { grantProviders } from './grants.providers.js';
import { edgeProviders } from './edge.providers.js';
import { reminderProviders } from './reminders.providers.js';
import { askingLessProviders } from './asking-less.providers.js';
import { revocationProviders } from './revocations.providers.js';
import { readingProviders } from './reading.providers.js';
import { signInProviders } from './sign-in.providers.js';
import { KeyWatch } from '../keys/key-watch.js';
import type { Opened } from '../serve/open.js';
import { Readiness, RelayOutage } from '../serve/readiness.js';
import { observationProviders } from './observation.providers.js';
import { passkeyProviders } from './passkeys.providers.js';
import { peopleProviders } from './people.providers.js';
import { upkeepProviders } from './recovery.providers.js';

const USE_CASES: Provider[] = [
  ParentGrants,
  AnswerOnce,
  RequestEscalation,
  EvaluateEscalation,
  ReadEscalation,
  CancelEscalation,
  ApproverLimits,
  RecordDecision,
  GrantTokens,
  RedeemGrant,
  GoodTokens,
  RememberedTokens,
  AskForToken,
  IntrospectToken,
  ConsumeToken,
  CompleteGrant,
  RevokeGrant,
  RevokeToken,
  SuspendAgent,
  CloseOverdue,
];

const ADAPTERS: Provider[] = [
  { provide: Ids, useClass: RandomIds },
  { provide: Store, useClass: PostgresStore },
  { provide: History, useClass: PostgresHistory },
  { provide: ConfigurationStore, useClass: PostgresConfigurationStore },
  { provide: Glances, useClass: PostgresGlances },
  { provide: TokenWitness, useExisting: Observer },
  { provide: OverdueSource, useClass: PostgresOverdueSource },
  { provide: Registrations, useClass: PostgresRegistrations },
  { provide: AssertionLedger, useClass: PostgresAssertionLedger },
  { provide: SessionStore, useClass: PostgresSessionStore },
  { provide: CardStore, useClass: PostgresCardStore },
  { provide: CardTurns, useClass: PostgresCardTurns },
  { provide: CardDrift, useClass: PostgresCardDrift },
  { provide: CardFailures, useClass: PostgresCardFailures },
  { provide: SlackDeliveries, useClass: PostgresSlackDeliveries },
  { provide: OutboxStore, useClass: PostgresOutbox },
  PrismaRows,
  OutboxSignal,
  Announcements,
  AfterCommit,
  { provide: WakeSignal, useExisting: OutboxSignal },
];

/** Ports bound to adapters, and the use cases over them: one page, the same in every role. */
@Global()
@Module({})
export class PortsModule {
  static over(opened: Opened): DynamicModule {
    const { issuer, masterKey, keyRing, log, pool, seals } = opened;
    const values: Provider[] = [
      { provide: DatabasePool, useValue: pool },
      { provide: StorePulse, useValue: opened.pulse },
      { provide: RelayOutage, useValue: new RelayOutage('The outbox relay', new Logger('OutboxRelay')) },
      WriteCheck,
      Readiness,
      { provide: JsonLog, useValue: log },
      { provide: KeyRing, useValue: keyRing },
      { provide: BrokerIdentity, useValue: new BrokerIdentity(issuer) },
      { provide: ISSUER, useValue: issuer },
      { provide: SealedConfigurations, useValue: seals.configurations },
      { provide: Seals, useValue: seals.configurations.seals },
      { provide: BrokenSeals, useValue: seals.broken },
      { provide: Journal, useValue: seals.journal },
      { provide: CursorSeal, useValue: new CursorSeal(deriveKey(masterKey, 'cursor')) },
      { provide: OutageJudge, useValue: { isOutage: isUnavailable } },
      {
        provide: ChangeSignal,
        inject: [WakeSignal],
        useFactory: (relay: WakeSignal) => new ListeningChangeSignal(new PostgresListener(opened.databaseUrl), relay),
      },
      { provide: RANDOM_BYTES, useValue: randomBytes },
      Sessions,
    ];
    const providers = [
      ...values,
      ...ADAPTERS,
      ...observationProviders(opened),
      ...edgeProviders(opened),
      ...USE_CASES,
      ...cardProviders,
      ...reminderProviders,
      ...grantProviders,
      ...askingLessProviders,
      ...revocationProviders,
      ...readingProviders,
      ...signInProviders(opened),
      ...peopleProviders,
      ...passkeyProviders,
      ...upkeepProviders(opened),
    ];
    return { module: PortsModule, providers: [...providers, KeyWatch], exports: providers };
  }
}
