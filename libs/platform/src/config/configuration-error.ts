/** A configuration that cannot be used. The message lists every problem found, so that one restart can mend them all. */
export class ConfigurationError extends Error {
  /** @param subject what was read, for the first line; @param problems one line each: a name or path, a colon, the rule */
  constructor(
    subject: string,
    readonly problems: readonly string[],
  ) {
    super([`${subject} cannot be used:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

/** Collects problems while reading goes on; values never enter it, since some of them are secrets. */
export class ProblemList {
  private readonly found: string[] = [];

  /** Notes that what stands at `path` broke `rule`. */
  add(path: string, rule: string): void {
    this.found.push(`${path}: ${rule}`);
  }

  /** True while nothing was noted. */
  get isEmpty(): boolean {
    return this.found.length === 0;
  }

  /** @throws ConfigurationError with everything noted so far, if anything was */
  throwIfAny(subject: string): void {
    if (!this.isEmpty) throw new ConfigurationError(subject, this.found);
  }
}
