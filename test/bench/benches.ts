import { expiringTogether } from './expiring-together.bench.js';
import type { Bench } from './figure.js';
import { introspectAfterRevoke } from './introspect-after-revoke.bench.js';
import { outboxLag } from './outbox-lag.bench.js';
import { revokeToRefusal } from './revoke-to-refusal.bench.js';
import { sweepRows } from './sweep-rows.bench.js';
import { throughput } from './throughput.bench.js';

/** Every benchmark, in the order of docs/performance.md. */
export const BENCHES: readonly Bench[] = [
  revokeToRefusal,
  introspectAfterRevoke,
  sweepRows,
  outboxLag,
  expiringTogether,
  throughput,
];
