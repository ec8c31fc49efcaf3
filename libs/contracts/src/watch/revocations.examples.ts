import { ENDED, type ExamplesOf } from '../story.examples.js';
import type * as revocations from './revocations.dto.js';

const CURSOR = 'b3BhcXVlLWN1cnNvci1vZi10aGUtZXhhbXBsZQ';
const PAGE: revocations.RevocationsAnswer = {
  items: [{ seq: '41', kind: 'grant', jti: 'tok_01KAMZ0000000000000000000C', not_before: ENDED, at: ENDED }],
  cursor: CURSOR,
  caught_up: true,
  signed:
    'eyJhbGciOiJFUzI1NiIsInR5cCI6IndyaXQtcmV2b2NhdGlvbnMrand0Iiwia2lkIjoiazEifQ.eyJhdWQiOiJwYXltZW50cy1hcGkifQ.c2lnbmF0dXJl',
};

export const EXAMPLES_OF_REVOCATIONS: ExamplesOf<typeof revocations> = {
  RevocationsAnswer: PAGE,
  StatusListsAnswer: { status_lists: ['https://writ.example/status/1'] },
};

/** The stream, as it is sent. */
export const REVOCATIONS_STREAM_EXAMPLE = `event: revocations\nid: ${CURSOR}\ndata: ${JSON.stringify(PAGE)}\n\n`;

/** A status list is a signed token, which has no class. */
export const STATUS_LIST_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6InN0YXR1c2xpc3Qrand0Iiwia2lkIjoiazEifQ.eyJzdWIiOiJodHRwczovL3dyaXQuZXhhbXBsZS9zdGF0dXMvMSJ9.c2lnbmF0dXJl';
