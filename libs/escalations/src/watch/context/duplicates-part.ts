/** Identical pending asks that stand behind one card. */
export abstract class DuplicatesPart {
  /** By escalation: the ids folded into it. An escalation that is not in the answer has none. */
  abstract of(escalationIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}
