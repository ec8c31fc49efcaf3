/** Every number of the wire contract, unit in the name; the reason stands beside those that answer an attack. */
export const LIMITS = {
  bodyBytesMax: 256 * 1024,
  /** Deeper JSON ends in a RangeError inside recursive walkers. */
  jsonDepthMax: 16,
  jsonNodesMax: 2_000,
  integerMax: Number.MAX_SAFE_INTEGER,
  configuredIdLengthMax: 128,
  resourceIdLengthMax: 256,
  identifierLengthMax: 128,
  /** A digest that a person sends back is compared, not read. */
  digestLengthMax: 128,
  taskDescriptionLengthMax: 300,
  justificationLengthMax: 2_000,
  summaryLengthMax: 500,
  reasonLengthMax: 500,
  evidenceItemsMax: 10,
  evidenceTitleLengthMax: 100,
  evidenceUrlLengthMax: 500,
  elementsMax: 20,
  actionsPerElementMax: 10,
  /** Canonical size of all elements: what one person can read on one card. */
  authorizationDetailsBytesMax: 4 * 1024,
  /** Above this an element of the token carries a digest of its arguments, so that a JWT stays under 6 KiB. */
  tokenArgumentsBytesMax: 1024,
  requestedTtlSecondsMax: 3_600,
  /** The shortest life that a resource can give its tokens. */
  tokenTtlSecondsMin: 1,
  requestedTtlSecondsDefault: 300,
  maxUsesMax: 1_000,
  chainDepthMax: 5,
  /** A longer assertion life widens the window in which a stolen one can be used first. */
  assertionLifeSecondsMax: 120,
  /** A workload token is used many times: its life is all that bounds a stolen one. */
  workloadTokenLifeSecondsMax: 3_600,
  clockSkewSeconds: 30,
  /** How far past its `exp` a verifier may still accept a token: so long the feed and the status lists go on about it. */
  verifierLeewaySeconds: 120,
  longPollSecondsMax: 20,
  longPollsPerAgentMax: 50,
  idempotencyKeyLengthMax: 128,
  idempotencyKeptSeconds: 24 * 3_600,
  redeemReplaySeconds: 60,
  heartbeatSecondsMin: 5,
  heartbeatSecondsMax: 3_600,
  /** Signs of life that may be missed in a row; at the last of them the grant ends. */
  heartbeatsMissedMax: 2,
  pickUpWindowSeconds: 600,
  decisionWindowSecondsDefault: 900,
  pollIntervalSeconds: 2,
  loginCodeSeconds: 300,
  sessionSeconds: 8 * 3_600,
  loginStateSeconds: 600,
  returnPathLengthMax: 512,
  /** An operator's enrolment link, and how long the session it opens may add passkeys. */
  enrolmentSeconds: 600,
  /** How fresh a sign-in by OIDC must be to add a passkey. */
  freshSignInSeconds: 300,
  /** How long a person has to use a passkey once it is asked for. */
  stepUpSeconds: 120,
  passkeysPerPersonMax: 20,
  passkeyNameLengthMax: 80,
  streamsPerSessionMax: 5,
  /** Often enough for a page to notice silence within three seconds; a thousand open pages cost 1.3 % of a core. */
  streamBeatMs: 1_000,
  streamHeartbeatSeconds: 15,
  /** Waiting calls and streams on the revocation feed, for one verifier and process. */
  revocationReadersMax: 100,
  /** An open stream says at least so often that nothing was revoked. */
  revocationSilenceSeconds: 5,
  statusListBits: 1 << 17,
  /** How long a verifier may go on with a status list it holds, and from when it must not. */
  statusListTtlSeconds: 30,
  statusListLifeSeconds: 120,
  statusListCacheSeconds: 15,
  dryRunsPerMinute: 30,
  /** More than any count of the store that a policy compares with. */
  factMax: 1_000_000,
  outboundSeconds: 2,
  outboundBytesMax: 256 * 1024,
  issuerKeysMax: 100,
  /** A stranger's unknown `kid` asks for a fetch: so many per window and issuer. */
  issuerFetchesMax: 2,
  issuerFetchWindowSeconds: 30,
  pageSizeMax: 200,
  pageSizeDefault: 50,
  /** So many waiting requests of one person are counted; behind that there are «more». */
  waitingCountedMax: 1_000,
  pendingPerAgentDefault: 20,
  pendingPerOwnerDefault: 60,
  breakGlassTtlSecondsDefault: 300,
  denialBackOffSecondsDefault: 60,
  /** How long a denial is remembered against the next ask of the same. */
  denialMemorySeconds: 24 * 3_600,
  /** Of one agent and resource within that time, newest first: more are not looked through. */
  denialsRememberedMax: 1_000,
  /** Of the same ask, shown to whoever decides now. */
  denialsShownMax: 3,
  reviewNoteLengthMax: 500,
  commentLengthMax: 1_000,
  /** A code from the bot that ties a Slack account to whoever enters it while signed in. */
  slackLinkCodeSeconds: 600,
  muteMinutesMax: 24 * 60,
  createsPerMinuteDefault: 60,
} as const;

/** Ids that a configuration file may give to agents, groups, people and clients (one grammar, ASCII: no look-alikes). */
export const CONFIGURED_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Action names may also hold `:` and `/`. */
export const ACTION_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
/** The same of any length, for readers that tell a name that is too long from one that is none. */
export const ACTION_NAME_LETTERS = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;
/** `identifier`, `task.id`, `task.ticket`: visible ASCII without spaces. */
export const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
