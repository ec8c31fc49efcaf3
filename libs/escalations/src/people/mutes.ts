/** What a person wants to hear less of: one escalation, or everything of one agent. */
export interface MuteTarget {
  readonly kind: 'escalation' | 'agent';
  readonly id: string;
}

export interface Muted extends MuteTarget {
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Which reminders people have silenced for themselves. It silences nobody else, and never a card or a notice of an end. */
export abstract class Mutes {
  /** Silences until `minutes` from now; a second time replaces the first. Returns when it ends (epoch ms). */
  abstract mute(person: string, target: MuteTarget, minutes: number): Promise<number>;
  /** True while this person has muted the escalation or its agent. */
  async isMuted(person: string, about: { readonly escalation: string; readonly agent: string }): Promise<boolean> {
    return (await this.mutedAmong([person], about)).has(person);
  }
  /** Those of `people` who have muted the escalation or its agent. */
  abstract mutedAmong(
    people: readonly string[],
    about: { readonly escalation: string; readonly agent: string },
  ): Promise<ReadonlySet<string>>;
}
