import type { EscalationRequest, GrantedAuthority, ToolCall } from './authorization-details.js';
import { detailsWithin, narrow } from './narrowing.js';

/** What an agent holds that hands work on to another one. */
export interface HandedOn {
  readonly resource: string;
  readonly granted: GrantedAuthority;
  /** Seconds until the first of the grants above ends by itself; may be a fraction. */
  readonly restSeconds: number;
  /** `null` is unlimited. */
  readonly usesLeft: number | null;
}

/** Caps on what is granted, as policy sets them; `null` is none. */
interface Caps {
  readonly maxTtl: number | null;
  readonly maxUses: number | null;
  readonly windowSeconds: number;
}

/** True when every call that is asked for may be made by whoever hands the work on. Time and uses are cut instead. */
export function withinHanded(
  { resource, authorization_details }: Pick<EscalationRequest, 'resource' | 'authorization_details'>,
  handed: HandedOn,
): boolean {
  return resource === handed.resource && detailsWithin(authorization_details, handed.granted.authorization_details);
}

/** The widest part of the ask that lies within; empty when nothing does. */
export function partWithinHanded(
  { resource, authorization_details, requested_ttl: ttl, max_uses }: EscalationRequest,
  { resource: held, granted }: HandedOn,
): readonly ToolCall[] {
  if (resource !== held) return [];
  const asked = { authorization_details, ttl, max_uses };
  return narrow(asked, { authorization_details: granted.authorization_details }).authorization_details;
}

/** The decision with its caps cut to the time and the uses that are left above, and to as long a wait for people. */
export function cappedByHanded<D extends Caps>(decision: D, { restSeconds, usesLeft }: HandedOn): D {
  const rest = Math.max(1, Math.floor(restSeconds));
  return {
    ...decision,
    maxTtl: Math.min(decision.maxTtl ?? rest, rest),
    maxUses: usesLeft === null ? decision.maxUses : Math.min(decision.maxUses ?? usesLeft, usesLeft),
    windowSeconds: Math.min(decision.windowSeconds, rest),
  };
}
