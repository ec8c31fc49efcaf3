import { expect } from '@jest/globals';
import { answer, type Answer } from '../actors/agent.js';

/** Sends bytes exactly as given: no content type is added, nothing is encoded. */
export async function sendRaw(
  url: string,
  method: string,
  body: string | Uint8Array | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  return answer(
    await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(bytes === undefined ? {} : { body: new Uint8Array(bytes) }),
    }),
  );
}

/** Expects an answer that every refusal of `/v1` must be like: RFC 9457, never stored, without the broker's insides. */
export function expectProblem(got: Answer, status: number, code: string): void {
  expect(got.body).toMatchObject({
    type: `urn:writ:problem:${code}`,
    code,
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(got.status).toBe(status);
  expect(got.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(got.headers.get('cache-control')).toBe('no-store');
  expect(JSON.stringify(got.body)).not.toMatch(/node_modules|\.[jt]s:\d|\\n\s+at |select |insert |\$\d/);
  const { errors } = got.body as { errors?: { pointer: string; rule: string }[] };
  for (const fault of errors ?? [])
    expect(fault).toEqual({ pointer: expect.any(String), rule: expect.stringMatching(/./) });
}

/** The same for a fault of one member, which the answer must name. */
export function expectFault(got: Answer, status: number, code: string, pointer: string): void {
  expectProblem(got, status, code);
  expect((got.body as { errors?: { pointer: string }[] }).errors?.map((fault) => fault.pointer)).toContain(pointer);
}
