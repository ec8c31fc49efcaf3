import { LIMITS } from '#domain/limits.js';
import { strictJsonObject } from '#domain/strict-json.js';
import type { RegisteredKeys } from './jws-signature.js';
import type { FetchFault, OutboundFetch } from '../ports.js';
import { readKeySet } from './workload-key-set.js';

/** Whose keys: a registered issuer, or a trust domain (`spiffe://` + its name). */
export interface KeySource {
  readonly name: string;
  /** `null`: the issuer's discovery document says. */
  readonly jwksUri: string | null;
}

interface Kept {
  jwksUri: string | null;
  keys: RegisteredKeys | null;
  fetchedAt: number;
  /** Where discovery found them, and when: kept, so that the next fetch of the window can go straight there. */
  discovered: { readonly jwksUri: string; readonly at: number } | null;
  /** When each fetch of the current window began. */
  fetches: number[];
  underway: Promise<void> | null;
}

/** Keys of this age are asked for again before they are used: a withdrawn key stops counting. */
const FRESH_SECONDS = 300;
/** An issuer seldom moves its keys, and says so in its discovery document. */
const DISCOVERY_SECONDS = 3_600;
/** For how long keys count while their issuer is away. */
const STALE_SECONDS_MAX = 24 * 3_600;

/**
 * The keys of registered issuers, fetched when somebody first names them. However many tokens arrive, an issuer is asked
 * at most twice in half a minute, and askers share one answer; an issuer that is away or slow holds up nobody else's.
 */
export class WorkloadKeys {
  private readonly kept = new Map<string, Kept>();

  /** @param report tells the operator which source could not be read, and why; at most once a fetch */
  constructor(
    private readonly outbound: OutboundFetch,
    private readonly nowSeconds: () => number,
    private readonly report: (source: string, fault: string) => void,
  ) {}

  /** The keys in force; fetched when there are none or they are old. `null` when none could be had. */
  async current(source: KeySource): Promise<RegisteredKeys | null> {
    const kept = this.keptOf(source);
    if (this.ageOf(kept) >= FRESH_SECONDS) await this.refresh(source, kept);
    return this.ageOf(kept) < STALE_SECONDS_MAX ? kept.keys : null;
  }

  /** The keys after `seen` did not hold the one that a token names: newer ones where the source may be asked again. */
  async newerThan(source: KeySource, seen: RegisteredKeys): Promise<RegisteredKeys | null> {
    const kept = this.keptOf(source);
    if (kept.keys === seen) await this.refresh(source, kept);
    return kept.keys === seen ? null : kept.keys;
  }

  private keptOf({ name, jwksUri }: KeySource): Kept {
    const known = this.kept.get(name);
    if (known !== undefined && known.jwksUri === jwksUri) return known;
    // The operator has moved the keys: what was fetched elsewhere counts no more, the spent fetches do.
    const made = { jwksUri, keys: null, fetchedAt: 0, discovered: null, fetches: known?.fetches ?? [], underway: null };
    this.kept.set(name, made);
    return made;
  }

  private ageOf(kept: Kept): number {
    return kept.keys === null ? Infinity : this.nowSeconds() - kept.fetchedAt;
  }

  private refresh(source: KeySource, kept: Kept): Promise<void> {
    kept.underway ??= this.load(source, kept).finally(() => (kept.underway = null));
    return kept.underway;
  }

  private async load(source: KeySource, kept: Kept): Promise<void> {
    const location = source.jwksUri ?? (await this.locationOf(source.name, kept));
    if (location === null) return;
    const document = await this.fetch(kept, location);
    if (document === null) return;
    if (!(document instanceof Uint8Array)) return this.failed(source.name, kept, `${location}: ${document.fault}`);
    const keys = readKeySet(document);
    if ('fault' in keys) return this.failed(source.name, kept, `${location}: ${keys.fault}`);
    kept.keys = keys;
    kept.fetchedAt = this.nowSeconds();
  }

  /** Where nothing is found any more, the issuer is asked again where its keys are. */
  private failed(name: string, kept: Kept, fault: string): void {
    kept.discovered = null;
    this.report(name, fault);
  }

  private async locationOf(issuer: string, kept: Kept): Promise<string | null> {
    if (kept.discovered !== null && this.nowSeconds() - kept.discovered.at < DISCOVERY_SECONDS)
      return kept.discovered.jwksUri;
    const jwksUri = await this.discover(issuer, kept);
    kept.discovered = jwksUri === null ? null : { jwksUri, at: this.nowSeconds() };
    return jwksUri;
  }

  /** OpenID Connect Discovery 1.0 section 4. Only the operator widens where the broker goes: keys lie on the issuer's origin. */
  private async discover(issuer: string, kept: Kept): Promise<string | null> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = await this.fetch(kept, url);
    if (document === null) return null;
    if (!(document instanceof Uint8Array)) {
      this.report(issuer, `${url}: ${document.fault}`);
      return null;
    }
    const metadata = strictJsonObject(document);
    const jwksUri = metadata?.['jwks_uri'];
    if (metadata?.['issuer'] !== issuer || typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) {
      this.report(issuer, 'its discovery document is of another issuer or names no keys');
      return null;
    }
    if (new URL(jwksUri).origin === new URL(issuer).origin) return jwksUri;
    this.report(issuer, 'its keys are on another host: name it as jwks_uri');
    return null;
  }

  /** `null` when the window's fetches are spent. */
  private async fetch(kept: Kept, url: string): Promise<Uint8Array | FetchFault | null> {
    const now = this.nowSeconds();
    const window = kept.fetches.filter((began) => began > now - LIMITS.issuerFetchWindowSeconds);
    kept.fetches.splice(0, kept.fetches.length, ...window);
    if (window.length >= LIMITS.issuerFetchesMax) return null;
    kept.fetches.push(now);
    return this.outbound.get(url);
  }
}
