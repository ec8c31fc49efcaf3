import type { AuthorityLimits, EscalationRequest, ToolCall } from '#domain/authority/authorization-details.js';
import { LIMITS } from '#domain/limits.js';

/** What a person left in the form to approve for less, as texts; nothing in it is believed. */
export interface LimitsForm {
  /** The chosen option, `null` when the member is missing. */
  readonly ttl: string | null;
  readonly ttlExact: string | null;
  readonly uses: string | null;
  /** The ticked boxes of each element, by its place in the request; an element that is missing has none. */
  readonly ticked: ReadonlyMap<number, readonly string[]>;
  /** Trimmed; `null` when nothing was written. */
  readonly note: string | null;
}

/** Faults by block id, in words for the form. */
export type FormFaults = Readonly<Record<string, string>>;

/** The option that leaves the time as it was asked. */
export const asAsked = 'as_asked';
/** A whole approval is no approval for less, on the record as little as in the form. */
const NOTHING_CUT = 'Nothing is cut yet; use Approve for the whole request.';
const SENSIBLE_SECONDS = [60, 120, 300, 600, 900, 1_800] as const;

/** Times worth offering under what was asked, in seconds, shortest first. */
export function offeredTtls(asked: number): number[] {
  return SENSIBLE_SECONDS.filter((seconds) => seconds < asked);
}

/** The block and action of an element's boxes. */
export function elementBlockId(index: number): string {
  return `element_${index}`;
}

/**
 * The form as limits of a decision, or what is wrong with it. Every value is read against the stored request: a number
 * outside `1..asked`, an option or box that was not offered, nothing left of the request, or nothing cut from it is a
 * fault, never a guess.
 */
export function limitsFrom(
  form: LimitsForm,
  request: Pick<EscalationRequest, 'authorization_details' | 'requested_ttl' | 'max_uses'>,
): { readonly limits: AuthorityLimits } | { readonly faults: FormFaults } {
  const faults: Record<string, string> = {};
  const ttl = ttlFrom(form, request.requested_ttl, faults);
  const uses = numberFrom('uses', form.uses, request.max_uses ?? LIMITS.maxUsesMax, faults);
  const details = detailsFrom(form.ticked, request.authorization_details, faults);
  if (form.note !== null && form.note.length > LIMITS.reasonLengthMax) {
    faults['note'] = `At most ${LIMITS.reasonLengthMax} characters, please.`;
  }
  if (Object.keys(faults).length > 0) return { faults };
  const limits: AuthorityLimits = {
    ...(ttl === null || ttl === request.requested_ttl ? {} : { ttl }),
    ...(uses === null || uses === request.max_uses ? {} : { max_uses: uses }),
    ...(details === null ? {} : { authorization_details: details }),
  };
  return Object.keys(limits).length === 0 ? { faults: { ttl: NOTHING_CUT } } : { limits };
}

function ttlFrom(form: LimitsForm, asked: number, faults: Record<string, string>): number | null {
  const exact = numberFrom('ttl_exact', form.ttlExact, asked, faults);
  if (form.ttl === null || form.ttl === asAsked) return exact;
  const offered = offeredTtls(asked).find((seconds) => String(seconds) === form.ttl);
  if (offered === undefined) faults['ttl'] = 'Please choose one of the times offered.';
  else if (exact !== null && exact !== offered) faults['ttl_exact'] = 'Please give one time: choose it or type it.';
  return offered ?? exact;
}

function numberFrom(block: string, given: string | null, most: number, faults: Record<string, string>): number | null {
  if (given === null || given === '') return null;
  const value = /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= most) return value;
  faults[block] = `Please enter a whole number from 1 to ${most}.`;
  return null;
}

/** `null` when every box is ticked: then nothing is cut. */
function detailsFrom(
  ticked: LimitsForm['ticked'],
  asked: readonly ToolCall[],
  faults: Record<string, string>,
): ToolCall[] | null {
  const kept = asked.flatMap((element, index): ToolCall[] => {
    const places = ticked.get(index) ?? [];
    const unknown = places.some((place) => !/^\d$/.test(place) || Number(place) >= element.actions.length);
    if (unknown) faults[elementBlockId(index)] = 'Please choose among the actions offered.';
    const actions = element.actions.filter((_, place) => places.includes(String(place)));
    return actions.length === 0 ? [] : [{ ...element, actions }];
  });
  if (kept.length === 0) faults[elementBlockId(0)] ??= 'Nothing would be left. To grant nothing, deny the request.';
  const whole =
    kept.length === asked.length && kept.every((element, at) => element.actions.length === asked[at]?.actions.length);
  return whole ? null : kept;
}
