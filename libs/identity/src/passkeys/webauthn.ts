import { createHash } from 'node:crypto';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { isObject } from '#domain/json.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import type { Passkey } from '#escalations/people/passkeys.js';
import { coseToJwk, PASSKEY_ALGORITHMS } from './cose-key.js';
import { webAuthn } from './webauthn-library.js';

/** Where passkeys of this broker belong: its host (RP ID) and the one origin that may ask for them. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

/** The relying party that a broker with this issuer is. */
export function relyingPartyOf(issuer: string): RelyingParty {
  const { hostname, origin } = new URL(issuer);
  return { id: hostname, origin };
}

/** The user handle of a person: the same at every enrolment, and no name to read on the authenticator. */
export function userHandleOf(person: string): Buffer {
  return createHash('sha256').update(`writ:${person}`, 'utf8').digest();
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const ID_LENGTH_MAX = 1_364;
const MEMBER_LENGTH_MAX = 16_384;
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

/** Reads an AuthenticationResponseJSON (W3C Web Authentication): known members of their type, the rest left out. */
export function readAssertion(credential: unknown, pointer: string): AuthenticationResponseJSON | Refusal {
  const read = readCredential(credential, ['clientDataJSON', 'authenticatorData', 'signature'], pointer);
  if (isRefusal(read)) return read;
  const { id, response, members } = read;
  const { clientDataJSON = '', authenticatorData = '', signature = '' } = members;
  const { userHandle } = response;
  return {
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON,
      authenticatorData,
      signature,
      ...(isEncoded(userHandle, MEMBER_LENGTH_MAX) && { userHandle }),
    },
  };
}

/** Reads a RegistrationResponseJSON in the same way. */
export function readAttestation(credential: unknown, pointer: string): RegistrationResponseJSON | Refusal {
  const read = readCredential(credential, ['clientDataJSON', 'attestationObject'], pointer);
  if (isRefusal(read)) return read;
  const { id, response, members } = read;
  const { clientDataJSON = '', attestationObject = '' } = members;
  const told: readonly unknown[] = Array.isArray(response['transports']) ? response['transports'] : [];
  const transports = TRANSPORTS.filter((transport) => told.includes(transport));
  return {
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    response: { clientDataJSON, attestationObject, transports },
  };
}

/** The challenge that a client says it has signed, or `null`: only a name by which to look for the one that was given. */
export function challengeIn(clientDataJson: string): string | null {
  const { challenge } = clientData(clientDataJson);
  return typeof challenge === 'string' ? challenge : null;
}

/** Verifies an enrolment: its origin, its RP ID, that the person was verified. Returns the new credential or `null`. */
export async function verifyEnrolment(
  { id, origin }: RelyingParty,
  response: RegistrationResponseJSON,
  challenge: string,
): Promise<Pick<Passkey, 'id' | 'publicKey' | 'counter'> | null> {
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await attempt(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      supportedAlgorithmIDs: PASSKEY_ALGORITHMS,
    }),
  );
  if (verified?.verified !== true || framed(response.response.clientDataJSON)) return null;
  const { id: credentialId, publicKey, counter } = verified.registrationInfo.credential;
  return (await coseToJwk(publicKey)) === null ? null : { id: credentialId, publicKey, counter };
}

/**
 * Verifies an assertion under a passkey: challenge, origin, RP ID, user handle, that the person was verified, signature.
 * @returns the authenticator's counter, which the caller compares in its transaction; `null` when anything is wrong
 */
export async function verifyAssertion(
  { id, origin }: RelyingParty,
  response: AuthenticationResponseJSON,
  challenge: string,
  passkey: Passkey,
): Promise<number | null> {
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await attempt(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
      credential: { id: passkey.id, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
    }),
  );
  if (verified?.verified !== true || framed(response.response.clientDataJSON)) return null;
  const { userHandle } = response.response;
  if (userHandle !== undefined && userHandle !== userHandleOf(passkey.person).toString('base64url')) return null;
  return verified.authenticationInfo.newCounter;
}

/** What an authenticator sent is hostile until verified: what cannot be read is not verified. */
async function attempt<T>(verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch {
    return null;
  }
}

/** A page of another site had ours in a frame. */
function framed(clientDataJson: string): boolean {
  return clientData(clientDataJson)['crossOrigin'] === true;
}

function clientData(clientDataJson: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function readCredential(
  credential: unknown,
  names: readonly string[],
  pointer: string,
):
  | { readonly id: string; readonly response: Record<string, unknown>; readonly members: Record<string, string> }
  | Refusal {
  const wrong = (member: string, rule: string): Refusal =>
    refuse('invalid_request', 'The credential does not have the form that browsers give it.', {
      errors: [{ pointer: `${pointer}${member}`, rule }],
    });
  if (!isObject(credential)) return wrong('', 'must be an object');
  const { id, type, response } = credential;
  if (!isEncoded(id, ID_LENGTH_MAX)) return wrong('/id', 'must be base64url');
  if (type !== 'public-key') return wrong('/type', 'must be public-key');
  if (!isObject(response)) return wrong('/response', 'must be an object');
  const members: Record<string, string> = {};
  for (const name of names) {
    const value = response[name];
    if (!isEncoded(value, MEMBER_LENGTH_MAX)) return wrong(`/response/${name}`, 'must be base64url');
    members[name] = value;
  }
  return { id, response, members };
}

function isEncoded(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && BASE64URL.test(value);
}
