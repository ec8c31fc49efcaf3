// The inbox as OpenAPI tells it.
import { EscalationForPeopleAnswer } from '../decide/escalation-for-people.dto.js';

/** What you may do with it now. */
export class MayAnswer {
  decide!: boolean;
  /** Why not: the `why` that a decision would be refused with, `already_decided` or `already_voted`. */
  why_not!: string | null;
  revoke!: boolean;
  /** Remind the approvers, once: for the owner of the agent. */
  nudge!: boolean;
}

/** An escalation in your inbox. */
export class InboxItemAnswer extends EscalationForPeopleAnswer {
  may!: MayAnswer;
  /** How many identical asks of the agent stand behind this one. */
  folded!: number;
}

/** A value that waiting requests have, and how many of them. */
export class FacetValueAnswer {
  value!: string;
  /** What people know it by. */
  name!: string;
  count!: number;
}

/** The values of what waits; each list counts what the other filters let through. */
export class FacetsAnswer {
  risk!: FacetValueAnswer[];
  group!: FacetValueAnswer[];
  agent!: FacetValueAnswer[];
  resource!: FacetValueAnswer[];
  /** The determining policies, as one name. */
  rule!: FacetValueAnswer[];
}

/** Your inbox. */
export class InboxPageAnswer {
  items!: InboxItemAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
  /** How many requests wait and fit the filters, at most 1,000; `null` on later pages and in other views. */
  total!: number | null;
  /** More may fit than `total` says. */
  more_than_total!: boolean | null;
  facets!: FacetsAnswer | null;
}
