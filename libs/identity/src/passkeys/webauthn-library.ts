import type * as Server from '@simplewebauthn/server';
import type * as Helpers from '@simplewebauthn/server/helpers';

/** What verifies passkeys, loaded when the first is used: it brings hundreds of modules, and a worker never needs them. */
export const webAuthn = (): Promise<typeof Server> => import('@simplewebauthn/server');

/** The same for its readers of CBOR and COSE. */
export const webAuthnHelpers = (): Promise<typeof Helpers> => import('@simplewebauthn/server/helpers');
