import {
  startAuthentication,
  WebAuthnError,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { post, Problem } from './client.js';
import type { DecisionAnswer } from '#contracts/decide/decision.dto.js';
import type { Escalation, Limits } from './types.js';

export interface Decision {
  readonly verdict: 'approve' | 'deny';
  readonly reason?: string | undefined;
  readonly limits?: Limits | undefined;
}

export type Decided = DecisionAnswer;

interface StepUp {
  readonly nonce: string;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

/**
 * Decides what was shown: the digest goes with it. Where policy demands a passkey, the authenticator signs exactly this
 * decision first. @param stepUp the page already knows that it is demanded; else the broker says so
 */
export async function decide(ask: Escalation, decision: Decision, stepUp: boolean): Promise<Decided> {
  const path = `/v1/escalations/${encodeURIComponent(ask.id)}`;
  const body = { ...decision, digest: ask.digest };
  const signed = async (): Promise<Decided> =>
    post<Decided>(`${path}/decisions`, { ...body, step_up: await sign(path, ask, decision) });
  if (stepUp && decision.verdict === 'approve') return signed();
  try {
    return await post<Decided>(`${path}/decisions`, body);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'insufficient_user_authentication') throw error;
    return signed();
  }
}

async function sign(path: string, ask: Escalation, { verdict, limits }: Decision): Promise<object> {
  const { nonce, options } = await post<StepUp>(`${path}/step-up`, { verdict, digest: ask.digest, limits });
  try {
    return { nonce, credential: await startAuthentication({ optionsJSON: options }) };
  } catch (error) {
    throw passkeyProblem(error);
  }
}

/** What the authenticator refused, in words. */
export function passkeyProblem(error: unknown): Problem {
  const given = error instanceof Error ? error.name : '';
  if (given === 'NotAllowedError' || (error instanceof WebAuthnError && error.code === 'ERROR_CEREMONY_ABORTED'))
    return new Problem(0, 'passkey', 'The passkey was not used: it was cancelled, or none fits. Nothing was decided.');
  if (given === 'InvalidStateError') return new Problem(0, 'passkey', 'This authenticator is registered already.');
  return new Problem(0, 'passkey', error instanceof Error ? error.message : 'The passkey could not be used.');
}
