import type { ReactNode } from 'react';
import type { Escalation } from '../../api/types.js';
import { Line } from '../../ui/inert.js';

/** How far each group is. */
export function Gates({ ask }: { readonly ask: Escalation }): ReactNode {
  return (ask.approval?.groups ?? []).map((gate) => (
    <div className="gate" key={gate.id}>
      <Line text={gate.id} />
      <span className="quiet">
        {gate.approved} of {gate.quorum} approved
      </span>
    </div>
  ));
}
