import { useCallback, useState } from 'react';
import { whatWords } from '../../words/words.js';
import type { Escalation } from '../../api/types.js';
import type { Told } from '../escalation/page.js';
import { isNarrowed, type Query } from './query.js';
import { after, type ShownRow } from './shown-rows.js';
import type { Moves } from './use-moves.js';
import type { Waiting } from './use-waiting.js';

/** What is said of the last decision, and what comes next. */
export type Said = Told;

interface DecidingProps {
  readonly waiting: Waiting;
  readonly rows: readonly ShownRow[];
  readonly query: Query;
  readonly moves: Moves;
}

interface Deciding {
  readonly said: Said;
  /** @param wasAll the same was decided of everything that this agent asks */
  readonly decided: (ask: Escalation, told: Told, wasAll: boolean) => void;
}

/** After a decision the next request opens by itself, and a line says what was done and what is open now. */
export function useDeciding({ waiting, rows, query, moves }: DecidingProps): Deciding {
  const [said, say] = useState<Said>({ text: '', warning: null });
  const decided = useCallback(
    (ask: Escalation, told: Told, wasAll: boolean): void => {
      const reaches = (id: string, agent: string): boolean => id === ask.id || (wasAll && agent === ask.agent);
      const next = after(rows, ask.id, ({ id, agent }) => !reaches(id, agent));
      const nothing = isNarrowed(query) ? 'Nothing else waits that fits.' : 'Nothing else waits for you.';
      say({
        text: `${told.text.replace(/\.$/, '')}: ${whatWords(ask)}. ${next === null ? nothing : `Next: ${whatWords(next)}.`}`,
        warning: told.warning,
      });
      waiting.drop(({ id, agent }) => reaches(id, agent));
      if (next === null) moves.close();
      else moves.goOn(next.id);
    },
    [rows, query, moves, waiting],
  );
  return { said, decided };
}
