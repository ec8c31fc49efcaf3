/** Configurations that were applied, as a transaction sees them. */
export interface AppliedConfigurations {
  /** The number of the one in force, decimal digits; `0` when none was ever applied. */
  newestSeq(): Promise<string>;
}
