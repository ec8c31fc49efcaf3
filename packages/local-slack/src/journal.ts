import type { JsonObject } from './json.js';

/** One call of the Web API: what was asked and what came of it. The token is never kept. */
export interface JournalEntry {
  readonly at: string;
  readonly method: string;
  readonly args: JsonObject;
  readonly ok: boolean;
  readonly error?: string;
  readonly fault?: string;
}

/** The newest calls of the Web API, oldest first. */
export class Journal {
  private readonly entries: JournalEntry[] = [];

  constructor(private readonly kept = 5_000) {}

  record(entry: JournalEntry): void {
    this.entries.push(entry);
    if (this.entries.length > this.kept) this.entries.shift();
  }

  all(): readonly JournalEntry[] {
    return [...this.entries];
  }
}
