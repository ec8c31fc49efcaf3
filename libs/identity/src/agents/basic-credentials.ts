/** What HTTP Basic carried, decoded. */
export interface BasicCredentials {
  readonly id: string;
  readonly secret: string;
}

const HEADER_LENGTH_MAX = 4_096;

/**
 * Reads an `Authorization: Basic …` header. Both halves are form-url-decoded after base64 (RFC 6749 section 2.3.1), so
 * a secret may hold `:`, `+` or `%` when the client encodes it as it must.
 * @returns `null` for another scheme or anything that does not decode in exactly one way
 */
export function parseBasic(header: string): BasicCredentials | null {
  const halves = halvesOf(header);
  if (halves === null) return null;
  const id = formDecode(halves.id);
  const secret = formDecode(halves.secret);
  return id === null || secret === null || id === '' || secret === '' ? null : { id, secret };
}

/**
 * The same header read as by a client that forgot to encode its secret: `null` where that makes no difference. It proves
 * nobody; it says what went wrong to whoever holds the secret.
 */
export function parseUnencodedBasic(header: string): BasicCredentials | null {
  const halves = halvesOf(header);
  if (halves === null || halves.secret === '') return null;
  return formDecode(halves.secret) === halves.secret ? null : halves;
}

function halvesOf(header: string): BasicCredentials | null {
  const match = header.length > HEADER_LENGTH_MAX ? null : /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header);
  const encoded = match?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  const text = decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  return text === null || colon < 0 ? null : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function formDecode(half: string): string | null {
  try {
    return decodeURIComponent(half.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
