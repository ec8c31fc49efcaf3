import { randomBytes } from 'node:crypto';
import { Sessions } from '#identity/people/sessions.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { isLoopbackHost } from '#platform/outbound/network-addresses.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { issuerOf } from '../../issuer.js';
import { inertLine, jsonText } from '../../text.js';

/** Makes a code that signs one person in once: for machines where whoever has a shell is the operator anyway. */
export const loginLink: Command = {
  usage: '<person> [--json]',
  help: [
    '  --json  print {"url", "code"} instead of words',
    '',
    'Works on the embedded database, and elsewhere only when the issuer is a loopback address.',
  ],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, ['<person>']);
    const [person = ''] = positionals;
    const environment = context.environment();
    refuseBeyondThisMachine(environment);
    const { code, issuer } = await withDatabase(environment, async ({ pool, configurations, store }) => {
      const known = await store.read.people.byId(person);
      if (known === null)
        throw new CommandFailed(`there is no person "${inertLine(person)}" in the configuration in force`);
      // Read after the database answered: only then is it the issuer of a broker that runs.
      const running = issuerOf(environment);
      return {
        issuer: running,
        code: await new Sessions(new PostgresSessionStore(pool, configurations), randomBytes).issueLoginCode(person),
      };
    });
    // In the fragment, so that the code reaches no server's log.
    const url = `${issuer}/login#code=${code}`;
    for (const line of values.json === true ? [jsonText({ url, code })] : friendly(person, url, code, issuer))
      context.out(line);
    return 0;
  },
};

function refuseBeyondThisMachine({ database, issuer }: WritEnvironment): void {
  if (database.kind === 'embedded' || issuer === null || isLoopbackHost(new URL(issuer).hostname)) return;
  throw new CommandFailed(
    `login links are for one machine: ${issuer} is no loopback address, so people sign in there themselves`,
  );
}

function friendly(person: string, url: string, code: string, issuer: string): string[] {
  return [
    `Signs ${person} in, once, within five minutes:`,
    '',
    `  ${url}`,
    '',
    'Without a browser, exchange the code for a session cookie:',
    '',
    `  curl -sS -c cookies.txt -H 'Content-Type: application/json' -d '{"code":"${code}"}' ${issuer}/v1/sessions`,
    `  curl -sS -b cookies.txt ${issuer}/v1/sessions/current`,
  ];
}
