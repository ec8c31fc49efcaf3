/** What this broker calls itself: `iss` of its tokens, `aud` of assertions, origin of its pages. */
export class BrokerIdentity {
  constructor(readonly issuer: string) {}
}
