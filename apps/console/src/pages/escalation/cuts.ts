import type { Escalation, Limits, ToolCall } from '../../api/types.js';

/** What the form for less holds: the whole ask, with what is left of it. */
export interface Cut {
  readonly ttl: string;
  /** Empty: as asked. */
  readonly uses: string;
  /** One row per element of the ask: its actions, each kept or not. */
  readonly kept: readonly (readonly boolean[])[];
}

/** The form before anything is cut. */
export function wholeOf(ask: Escalation): Cut {
  const { requested_ttl, max_uses, authorization_details } = ask.request;
  return {
    ttl: String(requested_ttl),
    uses: max_uses === null ? '' : String(max_uses),
    kept: authorization_details.map((element) => element.actions.map(() => true)),
  };
}

/** Keeps or drops one action of one element. */
export function withAction(cut: Cut, element: number, action: number, keep: boolean): Cut {
  return {
    ...cut,
    kept: cut.kept.map((row, index) => (index === element ? row.map((was, at) => (at === action ? keep : was)) : row)),
  };
}

/** The limits to send: only what differs from the ask; `empty` when nothing differs, a sentence when it cannot be. */
export function limitsOf(ask: Escalation, cut: Cut): { limits: Limits | null; fault: string | null } {
  const { requested_ttl, max_uses, authorization_details } = ask.request;
  const fault = (text: string) => ({ limits: null, fault: text });
  const ttl = Number(cut.ttl);
  if (!Number.isInteger(ttl) || ttl < 1 || ttl > requested_ttl)
    return fault(`Time: whole seconds from 1 to ${requested_ttl}.`);
  const uses = cut.uses.trim() === '' ? null : Number(cut.uses);
  const most = max_uses ?? 1_000;
  if (uses !== null && (!Number.isInteger(uses) || uses < 1 || uses > most)) return fault(`Uses: from 1 to ${most}.`);
  const details = authorization_details.flatMap((element, index) => narrowed(element, cut.kept[index] ?? []));
  if (details.length === 0) return fault('Keep at least one action, or deny the request.');
  const limits: Limits = {
    ...(ttl === requested_ttl ? {} : { ttl }),
    ...(uses === null || uses === max_uses ? {} : { max_uses: uses }),
    ...(cut.kept.flat().every(Boolean) ? {} : { authorization_details: details }),
  };
  if (Object.keys(limits).length === 0) return fault('Nothing is cut yet: shorten the time, the uses or the actions.');
  return { limits, fault: null };
}

function narrowed(element: ToolCall, kept: readonly boolean[]): ToolCall[] {
  const actions = element.actions.filter((_, index) => kept[index] === true);
  return actions.length === 0 ? [] : [{ ...element, actions }];
}
