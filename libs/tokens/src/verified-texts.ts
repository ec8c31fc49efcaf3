const KEPT_MAX = 4_096;
/** Of the texts; claims beside them take about as much again. */
const TEXT_MAX = 8 * 1024 * 1024;

/** What follows from the text of a token and the key that signed it, and from nothing else. */
export interface VerifiedText {
  readonly kid: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly canonical: boolean;
}

/** Texts whose signature was found right, the one unused for longest going first. */
export class VerifiedTexts {
  /** Maps keep insertion order. */
  private readonly kept = new Map<string, VerifiedText>();
  private textKept = 0;

  find(text: string): VerifiedText | undefined {
    const found = this.kept.get(text);
    if (found !== undefined) {
      this.kept.delete(text);
      this.kept.set(text, found);
    }
    return found;
  }

  /** Remembers a text that was not found. */
  keep(text: string, verified: VerifiedText): void {
    if (this.kept.has(text)) return;
    this.kept.set(text, verified);
    this.textKept += text.length;
    for (const [oldest] of this.kept) {
      if (this.kept.size <= KEPT_MAX && this.textKept <= TEXT_MAX) return;
      this.kept.delete(oldest);
      this.textKept -= oldest.length;
    }
  }
}
