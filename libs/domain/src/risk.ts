import type { Risk } from './policy-decision.js';

/** The highest first, as lists show them. The place of each is what `grants.risk_order` holds. */
export const RISKS: readonly Risk[] = ['high', 'medium', 'low'];

/** The highest of these; `low` where there are none. */
export function highestRisk(risks: readonly Risk[]): Risk {
  return RISKS.find((risk) => risks.includes(risk)) ?? 'low';
}
