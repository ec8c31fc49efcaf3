import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import type { RevocationPages } from './revocation-pages.js';
import { RevocationStreams } from './revocation-streams.js';

it('nothing is read for a reader that has left before its stream begins', async () => {
  const next = (): never => {
    throw new Error('asked for a page');
  };
  let asked = false;
  const pages = new Proxy({ next } as unknown as RevocationPages, { get: () => ((asked = true), next) });
  const gone = new ServerResponse(new IncomingMessage(new Socket()));
  gone.destroy();
  await new RevocationStreams(pages).serve('payments-api', null, gone);
  expect(asked).toBe(false);
});
