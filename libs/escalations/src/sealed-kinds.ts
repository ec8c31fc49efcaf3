/** Rows that carry a seal. */
export type SealedKind = 'vote' | 'policy' | 'grant' | 'use' | 'answer';
