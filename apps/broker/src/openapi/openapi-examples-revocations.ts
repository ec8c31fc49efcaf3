const AT = '2026-11-22T09:02:01.550Z';
const ITEM = {
  seq: '41',
  kind: 'grant',
  jti: 'tok_01KAMZ0000000000000000000C',
  not_before: AT,
  at: AT,
};
const CURSOR = 'b3BhcXVlLWN1cnNvci1vZi10aGUtZXhhbXBsZQ';
const SIGNED =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6IndyaXQtcmV2b2NhdGlvbnMrand0Iiwia2lkIjoiazEifQ.eyJhdWQiOiJwYXltZW50cy1hcGkifQ.c2lnbmF0dXJl';
const PAGE = { items: [ITEM], cursor: CURSOR, caught_up: true, signed: SIGNED };

/** Examples of kill switches, the feed and status lists, by the name of the schema. */
export const REVOCATION_EXAMPLES: Readonly<Record<string, unknown>> = {
  KillBody: { kind: 'task', id: 'support-bot/run-77', reason: 'The ticket was forged.' },
  KillAnswer: { kind: 'task', id: 'support-bot/run-77', ended: { grants: 1, asks: 2, approvals: 0 } },
  RevocationsAnswer: PAGE,
  StatusListsAnswer: { status_lists: ['https://writ.example/status/1'] },
};

const STATUS_LIST =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6InN0YXR1c2xpc3Qrand0Iiwia2lkIjoiazEifQ.eyJzdWIiOiJodHRwczovL3dyaXQuZXhhbXBsZS9zdGF0dXMvMSJ9.c2lnbmF0dXJl';

/** The same for answers that are text, by the operation. */
export const REVOCATION_OPERATIONS: Readonly<Record<string, { answers: Record<string, unknown> }>> = {
  revocationsStream: {
    answers: { 200: `event: revocations\nid: ${CURSOR}\ndata: ${JSON.stringify(PAGE)}\n\n` },
  },
  statusList: { answers: { 200: STATUS_LIST } },
};
