import { randomBytes } from 'node:crypto';
import { Sessions } from '#identity/people/sessions.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { issuerOf } from '../../issuer.js';
import { inertLine, jsonText } from '../../text.js';

/** Makes a code that lets one person add a passkey: the operator vouches for who gets it, and history says so. */
export const passkeyLink: Command = {
  usage: '<person> [--json]',
  help: [
    '  --json  print {"url", "code"} instead of words',
    '',
    'Give it to that person alone, by a way you trust: whoever opens it is signed in as them. Never by Slack.',
  ],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, ['<person>']);
    const [person = ''] = positionals;
    const environment = context.environment();
    const { code, issuer } = await withDatabase(environment, async ({ pool, configurations, store }) => {
      const known = await store.read.people.byId(person);
      if (known === null)
        throw new CommandFailed(`there is no person "${inertLine(person)}" in the configuration in force`);
      // Read after the database answered: only then is it the issuer of a broker that runs.
      const running = issuerOf(environment);
      const made = await new Sessions(new PostgresSessionStore(pool, configurations), randomBytes).issueEnrolmentCode(
        person,
      );
      const now = await store.read.now();
      const entry = { type: 'passkey.link_issued', actor: context.actor, data: { person } } as const;
      await store.run((tx) => tx.journal.record([entry], now));
      return { issuer: running, code: made };
    });
    // In the fragment, so that the code reaches no server's log.
    const url = `${issuer}/login#code=${code}`;
    for (const line of values.json === true ? [jsonText({ url, code })] : friendly(person, url)) context.out(line);
    return 0;
  },
};

function friendly(person: string, url: string): string[] {
  return [
    `Lets ${person} add a passkey, once, within ten minutes:`,
    '',
    `  ${url}`,
    '',
    'They find it under «Account» once signed in.',
    'Whoever opens it is signed in as them: hand it to that person alone, and not by Slack.',
  ];
}
