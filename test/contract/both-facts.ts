import type pg from 'pg';
import { type CountedFacts, FACTS_FROM_ROWS } from '#persistence/sql/facts.js';
import { ACTIONS } from './fact-histories.js';

const sorted = (facts: CountedFacts): CountedFacts => ({
  ...facts,
  counts: [...(facts.counts ?? [])].sort((one, other) => (one.action < other.action ? -1 : 1)),
});

/** The facts of an agent as they are looked up and as they are counted, when no row passed an edge in between. */
export async function bothFacts(
  pool: pg.Pool,
  uid: string,
  without: string | null = null,
): Promise<{ lookedUp: CountedFacts; counted: CountedFacts }> {
  const values = [uid, ACTIONS, without];
  const read = async (text: string): Promise<CountedFacts> => {
    const { rows } = await pool.query<{ facts: CountedFacts }>(text, values);
    return sorted(rows[0]?.facts as CountedFacts);
  };
  for (;;) {
    const before = await read(FACTS_FROM_ROWS);
    const lookedUp = await read('select agent_facts($1, $2, $3) as "facts"');
    const counted = await read(FACTS_FROM_ROWS);
    if (JSON.stringify(before) === JSON.stringify(counted)) return { lookedUp, counted };
  }
}
