import type { ReactNode } from 'react';
import type { Risk } from '../api/types.js';
import { riskWords, statusWords } from '../words/words.js';

/** The risk, in words and in its colour. */
export function RiskBadge({ risk }: { readonly risk: Risk }): ReactNode {
  return <span className={`badge ${risk}`}>{riskWords(risk)}</span>;
}

const TONES: Readonly<Record<string, string>> = {
  pending: 'accent',
  ready: 'accent',
  active: 'accent',
  approved: 'low',
  completed: 'low',
  denied: 'high',
  revoked: 'high',
  suspended: 'high',
};

/** Where something stands. */
export function StatusBadge({ status, words }: { readonly status: string; readonly words?: string }): ReactNode {
  return <span className={`badge ${TONES[status] ?? ''}`}>{words ?? statusWords(status)}</span>;
}
