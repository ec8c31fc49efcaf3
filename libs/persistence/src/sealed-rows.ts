import type { Seals } from '#escalations/ports.js';
import type { BrokenSeals, SealedKind } from '#escalations/sealed-kinds.js';

/** Judges sealed rows as they are read: the one place where a row becomes something that counts. */
export class SealedRows {
  constructor(
    readonly seals: Seals,
    private readonly broken: BrokenSeals,
  ) {}

  mac(kind: SealedKind, content: unknown): string {
    return this.seals.mac(kind, content);
  }

  /** True when the seal is the one over this content; a row whose seal is missing or wrong is told of. */
  sound(kind: SealedKind, row: string, content: unknown, mac: string | null): boolean {
    if (this.seals.matches(kind, content, mac)) return true;
    this.broken.found(kind, row);
    return false;
  }
}
