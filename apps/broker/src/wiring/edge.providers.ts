import type { Provider } from '@nestjs/common';
import { AUDIENCE, type Audience } from '#identity/agents/audience.js';
import { CallerOfHeader } from '#platform/http/caller-of-header.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { SecretVerifier } from '#identity/agents/client-secret.js';
import { CallWindows, SecretMarks } from '#identity/ports.js';
import { WorkloadIdentities } from '#identity/agents/workload-identity.js';
import { WorkloadKeys } from '#identity/agents/workload-keys.js';
import { PostgresCallWindows } from '#persistence/ask/postgres-call-windows.js';
import { PostgresSecretMarks } from '#persistence/people/postgres-secret-marks.js';
import { isLoopbackHost } from '#platform/outbound/network-addresses.js';
import { GuardedFetch } from '#platform/outbound/outbound-fetch.js';
import { RefusedCallers } from '#platform/observe/refused-callers.js';
import { deriveKey } from '#tokens/master-key.js';
import { ConcurrencyLimiter } from '../serve/admission-lanes.js';
import type { Opened } from '../serve/open.js';

/** What stands between the network and the use cases: who calls, and how much of it. */
export function edgeProviders(opened: Opened): Provider[] {
  const { issuer, masterKey, log, observation } = opened;
  const audience: Audience = {
    issuer,
    nowSeconds,
    watch: new RefusedCallers(log, observation.metrics),
    explains: isLoopbackHost(new URL(issuer).hostname),
  };
  return [
    { provide: CallWindows, useClass: PostgresCallWindows },
    { provide: SecretMarks, useClass: PostgresSecretMarks },
    { provide: ConcurrencyLimiter, useValue: new ConcurrencyLimiter(undefined, opened.pulse) },
    {
      provide: SecretVerifier,
      useFactory: (marks: SecretMarks) =>
        new SecretVerifier(undefined, { key: deriveKey(masterKey, 'secret-cache'), marks }),
      inject: [SecretMarks],
    },
    { provide: AUDIENCE, useValue: audience },
    { provide: WorkloadKeys, useValue: issuerKeys(opened) },
    ClientAuthenticator,
    CallerOfHeader,
    WorkloadIdentities,
  ];
}

/** With its fraction, as tokens may have one. */
function nowSeconds(): number {
  return Date.now() / 1000;
}

/** Keys of registered issuers, through the one guarded way out. */
function issuerKeys({ issuer, log, environment }: Opened): WorkloadKeys {
  return new WorkloadKeys(
    new GuardedFetch(new URL(issuer).hostname, undefined, environment.proxies),
    nowSeconds,
    (source, fault) => log.line('warn', 'an issuer’s keys were not read', { issuer: source, fault }),
  );
}
