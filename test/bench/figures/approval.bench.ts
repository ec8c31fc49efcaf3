import { inRounds, throughput, type Bench, type Figures } from '../figure.js';
import { Sides } from '../sides/sides.js';
import { Works } from '../sides/works.js';

/** Each plans its statements five times before it keeps a plan. */
const CONNECTIONS = 4;
const WARM_UP = 160;

/** A request that a person approves over REST, and its collection; against the peer's CIBA. */
export const approval: Bench = {
  name: 'approval_path',
  gives: ['approval_path'],
  run: (terms) =>
    Sides.opened(terms, async (sides): Promise<Figures> => {
      const works = new Works(sides);
      const { ours, theirs } = await inRounds(terms.rounds, {
        ours: await sides.atOurs(CONNECTIONS, await works.approvals(), WARM_UP),
        theirs: await sides.atTheirs(CONNECTIONS, works.peerApprovals, WARM_UP),
      });
      return { approval_path: throughput(ours, theirs, 'CIBA by oidc-provider 9: asked, approved, collected') };
    }),
};
