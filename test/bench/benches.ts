import type { Bench } from './figure.js';
import { approval } from './figures/approval.bench.js';
import { asking } from './figures/asking.bench.js';
import { crowdedAgent } from './figures/crowded-agent.bench.js';
import { expiringTogether } from './figures/expiring-together.bench.js';
import { historyPages } from './figures/history-pages.bench.js';
import { introspectAfterRevoke } from './figures/introspect-after-revoke.bench.js';
import { killSwitch } from './figures/kill-switch.bench.js';
import { oneInFlight } from './figures/one-in-flight.bench.js';
import { outboxLag } from './figures/outbox-lag.bench.js';
import { policies } from './figures/policies.bench.js';
import { revokeToRefusal } from './figures/revoke-to-refusal.bench.js';
import { standing } from './figures/standing.bench.js';
import { sweepRows } from './figures/sweep-rows.bench.js';
import { using } from './figures/using.bench.js';

/** Every benchmark, in the order of docs/performance.md. */
export const BENCHES: readonly Bench[] = [
  asking,
  using,
  approval,
  oneInFlight,
  crowdedAgent,
  revokeToRefusal,
  introspectAfterRevoke,
  killSwitch,
  sweepRows,
  expiringTogether,
  outboxLag,
  historyPages,
  policies,
  standing,
];
