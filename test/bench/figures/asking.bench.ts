import { inRounds, throughput, type Absent, type Bench, type Cell, type Figure, type Figures } from '../figure.js';
import { Sides } from '../sides/sides.js';
import { Works } from '../sides/works.js';

const FEW = 16;
const MANY = 32;
/** To size the cells: both verbs have been asked by the two requests together. */
const WARM_ALREADY = 128;
const REFERENCE = 'a JWT by oidc-provider 9, private_key_jwt';

/** From a request to a token that policy allows, whole and in its parts, each against one token request of the peer. */
export const asking: Bench = {
  name: 'asking',
  gives: ['one_request', 'one_request_32', 'two_requests', 'two_requests_32', 'create', 'redeem'],
  run: (terms) =>
    Sides.opened(terms, async (sides): Promise<Figures> => {
      const works = new Works(sides);
      const absent = await works.withoutAskHere();
      const against = (ours: readonly Cell[], peer: readonly Cell[]): Figure => throughput(ours, peer, REFERENCE);
      const whole = (one: readonly Cell[], peer: readonly Cell[]): Figure | Absent =>
        absent === null ? against(one, peer) : { absent };
      const wholeOn = async (connections: number) => ({
        two: await sides.atOurs(connections, works.askAndCollect),
        one: absent === null ? await sides.atOurs(connections, works.askHere) : undefined,
        peer: await sides.atTheirs(connections, works.peerToken),
      });
      const whole16 = await wholeOn(FEW);
      const few = await inRounds(terms.rounds, {
        create: await sides.atOurs(FEW, works.create, WARM_ALREADY),
        redeem: await sides.atOurs(FEW, works.redeem, WARM_ALREADY),
        ...whole16,
      });
      const figures = {
        one_request: whole(few.one, few.peer),
        two_requests: against(few.two, few.peer),
        create: against(few.create, few.peer),
        redeem: against(few.redeem, few.peer),
      };
      if (terms.short) return figures;
      const many = await inRounds(terms.rounds, await wholeOn(MANY));
      return {
        ...figures,
        one_request_32: whole(many.one, many.peer),
        two_requests_32: against(many.two, many.peer),
      };
    }),
};
