import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { LIMITS } from '#domain/limits.js';
import { ChangeSignal } from '#escalations/ports.js';
import type { ReadInbox } from '#escalations/watch/read-inbox.js';
import type { Sessions } from '#identity/people/sessions.js';
import { InboxStreams } from './inbox-streams.js';

class Watched extends ChangeSignal {
  watching = 0;
  override wait(): Promise<void> {
    return Promise.resolve();
  }
  override watch(): () => void {
    this.watching += 1;
    return () => void (this.watching -= 1);
  }
  override changed(): void {}
}

const owner = { person: 'bob', session: 'ses_1', cookie: undefined };

it('a reader that has left before its stream begins keeps nothing open and takes nobody’s room', () => {
  const signal = new Watched();
  const streams = new InboxStreams(signal, {} as ReadInbox, {} as Sessions);
  for (let turn = 0; turn < LIMITS.streamsPerSessionMax; turn += 1) {
    const gone = new ServerResponse(new IncomingMessage(new Socket()));
    gone.destroy();
    streams.serve(owner, gone);
  }
  expect([signal.watching, streams.hasRoom('ses_1')]).toEqual([0, true]);
});
