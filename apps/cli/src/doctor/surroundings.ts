import { fine, named, odd, wrong, type Asked, type Finding } from './finding.js';

/** An assertion lives two minutes and half a minute of skew is borne, so seconds matter before minutes do. */
const ODD_MS = 2_000;
const WRONG_MS = 10_000;
/** The header `Date` has whole seconds. */
const DATE_GRAIN_MS = 1_000;

/** Whether what the folder says is what is in force. @param changes what `writ apply` would change, in its words */
export function checkFolder(changes: Asked<readonly string[]>): Finding[] {
  const about = 'configuration folder';
  if ('fault' in changes) return [wrong(about, changes.fault)];
  const { known } = changes;
  if (known.length === 0) return [fine(`${about} (in force)`)];
  return [wrong(about, `not in force, ${known.length} differ (${named(known)}): run \`writ apply\``)];
}

export interface ProxyFacts {
  readonly issuer: string | null;
  readonly trustedProxies: readonly string[];
}

/** Writ speaks HTTP, so that an https issuer has something in front of it. */
export function checkProxy({ issuer, trustedProxies }: ProxyFacts): Finding[] {
  const about = 'proxy in front';
  if (issuer === null || !issuer.startsWith('https://') || trustedProxies.length > 0) return [fine(about)];
  return [
    wrong(
      about,
      'the issuer is https, so something ends TLS in front, and WRIT_TRUSTED_PROXIES names nobody: every stranger has the address of that proxy and waits in one line. Name its address or block',
    ),
  ];
}

export interface ClockFacts {
  /** Milliseconds that the other clock is ahead of this one; `null`: it did not say. */
  readonly databaseAheadMs: number | null;
  readonly providerAheadMs: number | null;
}

/** Whether this machine's clock goes with those of the database and of the OpenID provider. */
export function checkClock({ databaseAheadMs, providerAheadMs }: ClockFacts): Finding[] {
  return [
    ...clock('clock, by the database', databaseAheadMs, 0),
    ...clock('clock, by the OpenID provider', providerAheadMs, DATE_GRAIN_MS),
  ];
}

function clock(about: string, aheadMs: number | null, grainMs: number): Finding[] {
  if (aheadMs === null) return [];
  const off = Math.max(0, Math.abs(aheadMs) - grainMs);
  if (off <= ODD_MS) return [fine(about)];
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const words = `this machine is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead'}: set both by the same time server (NTP)`;
  return [off > WRONG_MS ? wrong(about, words) : odd(about, words)];
}

/** What somebody who asks the issuer for its metadata is told. */
export type IssuerAnswer = { readonly issuer: string | null; readonly status: number } | { readonly fault: string };

/** Whether this broker's own address leads to it. @param answer `null`: it was not asked */
export function checkIssuer(issuer: string | null, answer: IssuerAnswer | null): Finding[] {
  const about = `issuer ${issuer ?? ''}`;
  if (issuer === null || answer === null) return [];
  if ('fault' in answer)
    return [
      odd(
        about,
        `not reached from here (${answer.fault}): no matter where no broker runs yet, or only others reach it`,
      ),
    ];
  if (answer.issuer === issuer) return [fine(about)];
  const said = answer.issuer === null ? `answered ${answer.status} and no metadata` : `says it is ${answer.issuer}`;
  return [wrong(about, `what answers there ${said}: let the proxy lead to the broker and keep the Host header`)];
}
