import { Controller, Get, Logger, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/wire/describe.js';
import type { FastifyReply } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { isSignInFault, type OpenIdSignIn, type SignInFault } from '#identity/people/open-id-sign-in.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { LoginCookie, ownPath } from '#platform/http/login-cookie.js';
import { Public, type PrincipalRequest } from '#platform/http/principal.js';
import { OrganisationSignIn } from './organisation-sign-in.js';
import { QueryReader } from '../edge/query-reader.js';
import { backTo, sendTrouble, type SignInTrouble } from './sign-in-page.js';
import { SignedIn } from './signed-in.js';

/** What an operator would change when the provider is not reached. */
const SETTING = 'WRIT_OIDC_ISSUER';

const AWAY: SignInTrouble = {
  status: 503,
  title: 'The sign-in of your organisation does not answer',
  words: ['Try again in a moment. If it stays so, the operator of this broker finds the reason in its log.'],
};
const STALE: SignInTrouble = {
  status: 400,
  title: 'This sign-in cannot be continued',
  words: ['It took longer than ten minutes, or it was begun in another browser. Start again.'],
};

const NO_COOKIE: SignInTrouble = {
  status: 400,
  title: 'Your browser kept no cookie',
  words: [
    'A sign-in needs the cookie that this page set when it began, and your browser did not bring it back: it was begun in another browser or window, it took longer than ten minutes, or cookies are refused.',
    'Safari keeps no such cookie for http://localhost. Use Chrome or Firefox there, or open this broker under an https address.',
  ],
};

const ENDED: SignInTrouble = {
  status: 403,
  title: 'You are not signed in',
  words: ['Your organisation’s sign-in ended it, or what came back did not belong to it. Start again.'],
};

/** People sign in with their organisation's OpenID provider: there and back, and never by e-mail address. */
@ApiExcludeController()
@Controller('auth')
export class AuthController {
  private readonly log = new Logger('sign-in');

  constructor(
    private readonly organisation: OrganisationSignIn,
    private readonly cookies: LoginCookie,
    private readonly signedIn: SignedIn,
    private readonly identity: BrokerIdentity,
  ) {}

  /** Sends the browser to the provider. `return_to` is a path of this site; with `fresh=1` the provider asks anew. */
  @Get('login')
  @Public()
  async login(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const provider = this.provider();
    const read = new QueryReader(query, ['return_to', 'fresh']);
    const asked = read.text('return_to') ?? '/';
    const fresh = read.text('fresh', { test: /^1$/, says: 'must be 1' }) !== undefined;
    read.done();
    const returnTo = ownPath(asked, this.identity.issuer);
    if (returnTo === null) {
      throw new RefusalError(
        refuse('invalid_request', 'The query cannot be read.', {
          errors: [{ pointer: 'return_to', rule: 'must be a path of this site' }],
        }),
      );
    }
    const begun = await provider.begin(fresh);
    if (isSignInFault(begun)) return this.fail(reply, begun, returnTo);
    void reply
      .header('Set-Cookie', this.cookies.set({ ...begun.transaction, returnTo }))
      .header('Cache-Control', 'no-store')
      .redirect(begun.url, 302);
  }

  /** Where the provider sends the browser back to: checks what it says and opens the session. */
  @Get('callback')
  @Public()
  async callback(@Req() request: PrincipalRequest, @Res() reply: FastifyReply): Promise<void> {
    const provider = this.provider();
    const state = this.cookies.read(request.headers.cookie);
    void reply.header('Set-Cookie', this.cookies.clear()).header('Cache-Control', 'no-store');
    if (state === null) return sendTrouble(reply, this.cookies.isAmong(request.headers.cookie) ? STALE : NO_COOKIE);
    const subject = await provider.finish(queryOf(request.url), state);
    if (isSignInFault(subject)) return this.fail(reply, subject, state.returnTo);
    if (subject.stale !== null)
      this.log.warn(`a sign-in that was to be made anew counts as an ordinary one: ${subject.stale}`);
    const setCookie = await this.signedIn.open(provider.provider.issuer, subject);
    if (setCookie === null) {
      // The provider still knows them and would send the same person again, unless it is told to ask.
      const another = `/auth/login?fresh=1&return_to=${encodeURIComponent(state.returnTo)}`;
      return sendTrouble(reply, unbound(subject), {
        'Sign in with another account': another,
        ...backTo(state.returnTo),
      });
    }
    void reply.header('Set-Cookie', setCookie).redirect(state.returnTo, 302);
  }

  private provider(): OpenIdSignIn {
    if (this.organisation.provider === null) throw new RefusalError(refuse('not_found', 'There is nothing here.'));
    return this.organisation.provider;
  }

  private fail(reply: FastifyReply, { failed, detail }: SignInFault, back: string): void {
    this.log.warn(`a sign-in failed: ${failed}: ${detail}${failed === 'unreachable' ? ` (${SETTING})` : ''}`);
    sendTrouble(reply, failed === 'unreachable' ? AWAY : ENDED, backTo(back));
  }
}

function unbound({ issuer, subject }: { readonly issuer: string; readonly subject: string }): SignInTrouble {
  return {
    status: 403,
    title: 'Nobody here goes by this sign-in',
    words: [
      `You signed in at ${issuer} as “${subject}”, and no person of this broker is bound to that.`,
      'An operator can bind you: people, oidc, subject in writ.yaml.',
    ],
  };
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
}
