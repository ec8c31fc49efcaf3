import { inRounds, throughput, type Bench, type Figures } from '../figure.js';
import { Sides } from '../sides/sides.js';
import { Works } from '../sides/works.js';

const CONNECTIONS = 16;
/** Each takes a token of its own first, so that fewer warm up what they can: 20 connections, five plans each, three times over. */
const RENEWED = 320;
const OPAQUE = 'introspection of an opaque token by oidc-provider 9';
const TOKEN = 'a JWT by oidc-provider 9, private_key_jwt';

/** What is done with a token, against introspection of an opaque token; renewing against the peer's token request. */
export const using: Bench = {
  name: 'using',
  gives: ['introspect', 'consume', 'renew'],
  run: (terms) =>
    Sides.opened(terms, async (sides): Promise<Figures> => {
      const works = new Works(sides);
      const over = await works.overTokens();
      const { introspect, consume, renew, opaque, token } = await inRounds(terms.rounds, {
        introspect: await sides.atOurs(CONNECTIONS, over.introspect),
        opaque: await sides.atTheirs(CONNECTIONS, over.readOpaque),
        consume: await sides.atOurs(CONNECTIONS, over.consume),
        token: await sides.atTheirs(CONNECTIONS, works.peerToken),
        renew: await sides.atOurs(CONNECTIONS, works.renew, RENEWED),
      });
      return {
        introspect: throughput(introspect, opaque, OPAQUE),
        consume: throughput(consume, opaque, OPAQUE),
        renew: throughput(renew, token, TOKEN),
      };
    }),
};
