/** What the broker refused, as its problem document (RFC 9457) says it; `network` when no answer came at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

type Method = 'GET' | 'POST' | 'DELETE';

let whenSignedOut: () => void = () => undefined;

/** Tells the session that the broker no longer knows it. */
export function onSignedOut(tell: () => void): void {
  whenSignedOut = tell;
}

/** Speaks to the broker as this browser's session. Answers the JSON, `null` for an empty body; throws a Problem. */
export async function call<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  const text = await response.text().catch((error: unknown) => {
    throw signal?.aborted === true ? error : unanswered();
  });
  const json = parsed(text);
  if (response.ok) return json as T;
  const problem = (json ?? {}) as Record<string, unknown>;
  const code = typeof problem['code'] === 'string' ? problem['code'] : `http_${response.status}`;
  if (code === 'unauthenticated' && path !== '/v1/sessions') whenSignedOut();
  throw new Problem(response.status, code, sentence(problem, response.status), problem);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => call<T>('POST', path, body);
export const remove = <T>(path: string): Promise<T> => call<T>('DELETE', path);

/** A reading that nobody answers is given up then and tried once more: on a connection that has died without a word. */
const READING_MS = 10_000;

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const fetched = (): Promise<Response> => {
    const waits = method === 'GET' ? [AbortSignal.timeout(READING_MS)] : [];
    const signals = [...waits, ...(signal === undefined ? [] : [signal])];
    return fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        // Also without a body: it is what no form of another site can send.
        ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    });
  };
  try {
    return await fetched().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error;
      return fetched();
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unanswered();
  }
}

function unanswered(): Problem {
  return new Problem(0, 'network', 'Writ did not answer. Check the connection and try again.');
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sentence(problem: Readonly<Record<string, unknown>>, status: number): string {
  const told = typeof problem['detail'] === 'string' ? problem['detail'] : `The broker answered ${status}.`;
  const errors = Array.isArray(problem['errors']) ? (problem['errors'] as { pointer?: string; rule?: string }[]) : [];
  const faults = errors
    .map(({ pointer, rule }) => `${pointer ?? ''} ${rule ?? ''}`.trim())
    .filter((text) => text !== '');
  return faults.length === 0 ? told : `${told} ${faults.join('; ')}.`;
}
