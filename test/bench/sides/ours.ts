import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN, DEFERRED, readAsk, refundAsk, TOKEN_EXCHANGE } from '../../harness/actors/agent.js';
import { AS_VERIFIER } from './field.js';
import { ASSERTION_TYPE, assertionOf, type Party } from './parties.js';
import type { Sending } from './wire.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** What Writ is asked for, ready to be sent once: each agent in its turn. */
export class OurRequests {
  constructor(
    private readonly issuer: string,
    private readonly parties: readonly Party[],
  ) {}

  /** The ask that policy allows at once. */
  ask(index: number): Sending {
    return this.asking(index, readAsk());
  }

  /** The ask that one of the people on call decides. */
  refund(index: number): Sending {
    return this.asking(index, refundAsk(String(index)));
  }

  /** Ask and token in one request. */
  askHere(index: number): Sending {
    const { resource, authorization_details } = readAsk();
    return this.form('/oauth/token', index, {
      grant_type: 'client_credentials',
      resource: String(resource),
      authorization_details: JSON.stringify(authorization_details),
    });
  }

  /** Collects by the code of this agent's request; signed now. */
  redemption(index: number): (code: string) => Sending {
    const signed = this.form('/oauth/token', index, { grant_type: DEFERRED });
    return (code) => ({ ...signed, body: `${signed.body}&deferral_code=${encodeURIComponent(code)}` });
  }

  /** Exchanges a token of this agent for the next one; signed now. */
  renewal(index: number): (token: string) => Sending {
    const signed = this.form('/oauth/token', index, { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN });
    return (token) => ({ ...signed, body: `${signed.body}&subject_token=${encodeURIComponent(token)}` });
  }

  introspection(token: string): Sending {
    return { path: '/oauth/introspect', body: new URLSearchParams({ token }).toString(), headers: AS_VERIFIER };
  }

  use(token: string): Sending {
    return {
      path: '/v1/tokens/consume',
      body: JSON.stringify({ token, action: 'payment.read', call_id: randomUUID() }),
      headers: { ...AS_VERIFIER, ...JSON_TYPE },
    };
  }

  /** A person's approval over REST. */
  approval(cookie: string, { id, digest }: { readonly id: string; readonly digest: string }): Sending {
    return {
      path: `/v1/escalations/${id}/decisions`,
      body: JSON.stringify({ verdict: 'approve', digest }),
      headers: { ...JSON_TYPE, cookie },
    };
  }

  private asking(index: number, ask: Record<string, unknown>): Sending {
    return {
      path: '/v1/escalations',
      body: JSON.stringify(ask),
      headers: { ...JSON_TYPE, authorization: `Bearer ${assertionOf(this.party(index), this.issuer)}` },
    };
  }

  private form(path: string, index: number, more: Record<string, string>): Sending {
    const client_assertion = assertionOf(this.party(index), this.issuer);
    const body = new URLSearchParams({ ...more, client_assertion_type: ASSERTION_TYPE, client_assertion });
    return { path, body: body.toString() };
  }

  private party(index: number): Party {
    return this.parties[index % this.parties.length] as Party;
  }
}

/** The member of this name in an answer, without reading all of it. @throws when it is not there */
export function member(body: string, name: string): string {
  const found = new RegExp(`"${name}":"([^"]+)"`).exec(body)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${body}`);
  return found;
}
