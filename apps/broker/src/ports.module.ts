import { randomBytes } from 'node:crypto';
import { Global, Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ListeningChangeSignal } from '#delivery/change-signal.js';
import { OutboxStore, WakeSignal } from '#delivery/ports.js';
import { ApproverLimits } from '#escalations/approver-limits.js';
import { CancelEscalation } from '#escalations/cancel-escalation.js';
import { CloseOverdue, OverdueSource } from '#escalations/close-overdue.js';
import { CompleteGrant } from '#escalations/complete-grant.js';
import { ConsumeToken } from '#escalations/consume-token.js';
import { EvaluateEscalation } from '#escalations/evaluate-escalation.js';
import { History } from '#escalations/history.js';
import { IntrospectToken } from '#escalations/introspect-token.js';
import { ConfigurationStore } from '#escalations/configuration-store.js';
import { ChangeSignal, Ids, Reader, Seals, UnitOfWork } from '#escalations/ports.js';
import { BrokenSeals } from '#escalations/sealed-kinds.js';
import { ReadEscalation } from '#escalations/read-escalation.js';
import { RecordDecision } from '#escalations/record-decision.js';
import { RedeemGrant, RedeemServices } from '#escalations/redeem-grant.js';
import { ParentGrants } from '#escalations/parent-grant.js';
import { AskServices, RequestEscalation } from '#escalations/request-escalation.js';
import { RevokeGrant } from '#escalations/revoke-grant.js';
import { RevokeToken } from '#escalations/revoke-token.js';
import { SuspendAgent } from '#escalations/suspend-agent.js';
import { AssertionLedger, Registrations, SessionStore } from '#identity/ports.js';
import { Sessions } from '#identity/sessions.js';
import { Journal } from '#persistence/journal.js';
import { OutboxSignal } from '#persistence/outbox-signal.js';
import { DatabasePool } from '#persistence/pool.js';
import { PostgresAssertionLedger, PostgresRegistrations } from '#persistence/postgres-callers.js';
import { isUnavailable } from '#persistence/store-fault.js';
import { StorePulse } from '#persistence/store-pulse.js';
import { WriteCheck } from '#persistence/write-check.js';
import { PostgresCardStore } from '#persistence/postgres-card-store.js';
import { PostgresCardFailures } from '#persistence/postgres-card-failures.js';
import { PostgresCardDrift, PostgresCardTurns } from '#persistence/postgres-card-turns.js';
import { PostgresListener } from '#persistence/postgres-listener.js';
import { PostgresOutbox } from '#persistence/postgres-outbox.js';
import { PostgresConfigurationStore } from '#persistence/postgres-configuration-store.js';
import { PostgresHistory } from '#persistence/postgres-history.js';
import { PostgresOverdueSource } from '#persistence/postgres-overdue-source.js';
import { PostgresReader } from '#persistence/postgres-reader.js';
import { PostgresSlackDeliveries } from '#persistence/postgres-slack-deliveries.js';
import { PostgresSessionStore } from '#persistence/postgres-session-store.js';
import { AfterCommit, PostgresUnitOfWork } from '#persistence/postgres-unit-of-work.js';
import { SealedConfigurations } from '#persistence/sealed-configurations.js';
import { RandomIds } from '#persistence/random-ids.js';
import { BrokerIdentity } from '#platform/broker-identity.js';
import { CursorSeal } from '#platform/cursor.js';
import { JsonLog } from '#platform/log.js';
import { OutageJudge } from '#platform/problem.filter.js';
import { CardDrift, CardFailures, CardStore, CardTurns, SlackDeliveries } from '#slack/ports.js';
import { KeyRing } from '#tokens/key-ring.js';
import { deriveKey } from '#tokens/master-key.js';
import { cardParts } from './card.parts.js';
import { lifeParts } from './life.parts.js';
import { edgeParts } from './edge.parts.js';
import { clockParts } from './clock.parts.js';
import { fatigueParts } from './fatigue.parts.js';
import { feedParts } from './feed.parts.js';
import { inboxParts } from './inbox.parts.js';
import { signInParts } from './sign-in.parts.js';
import { KeyWatch } from './key-watch.js';
import type { Opened } from './open.js';
import { Readiness, RelayOutage } from './readiness.js';
import { observationParts } from './observation/observation.parts.js';
import { passkeyParts } from './passkey.parts.js';
import { peopleParts } from './people.parts.js';
import { upkeepParts } from './upkeep.parts.js';

const USE_CASES: Provider[] = [
  ParentGrants,
  AskServices,
  RequestEscalation,
  EvaluateEscalation,
  ReadEscalation,
  CancelEscalation,
  ApproverLimits,
  RecordDecision,
  RedeemServices,
  RedeemGrant,
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
  { provide: UnitOfWork, useClass: PostgresUnitOfWork },
  { provide: Reader, useClass: PostgresReader },
  { provide: History, useClass: PostgresHistory },
  { provide: ConfigurationStore, useClass: PostgresConfigurationStore },
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
  OutboxSignal,
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
      { provide: SealedConfigurations, useValue: seals.configurations },
      { provide: Seals, useValue: seals.configurations.seals },
      { provide: BrokenSeals, useValue: seals.broken },
      { provide: Journal, useValue: seals.journal },
      { provide: CursorSeal, useValue: new CursorSeal(deriveKey(masterKey, 'cursor')) },
      { provide: OutageJudge, useValue: { isOutage: isUnavailable } },
      { provide: ChangeSignal, useFactory: () => new ListeningChangeSignal(new PostgresListener(opened.databaseUrl)) },
      {
        provide: Sessions,
        useFactory: (store: SessionStore) => new Sessions(store, randomBytes),
        inject: [SessionStore],
      },
    ];
    const providers = [
      ...values,
      ...ADAPTERS,
      ...observationParts(opened),
      ...edgeParts(opened),
      ...USE_CASES,
      ...cardParts,
      ...clockParts,
      ...lifeParts,
      ...fatigueParts,
      ...feedParts(opened),
      ...inboxParts,
      ...signInParts(opened),
      ...peopleParts,
      ...passkeyParts,
      ...upkeepParts(opened),
    ];
    return { module: PortsModule, providers: [...providers, KeyWatch], exports: providers };
  }
}
