/** Work that must follow a commit; `afterMs` is an instant (epoch ms) before which it is pointless. */
export interface OutboxEntry {
  readonly topic:
    | 'card.publish'
    | 'card.thread'
    | 'deadline.escalation'
    | 'deadline.grant'
    | 'reminder.escalation'
    | 'notice.send'
    | 'break_glass.notice'
    | 'policy.reevaluate';
  readonly payload: { readonly id: string };
  readonly afterMs?: number;
}
