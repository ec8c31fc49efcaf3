import { instant } from '#domain/instant.js';
import { isPublished, keyState } from '#escalations/keys/signing-keys.js';
import { readArguments } from '../../arguments.js';
import type { Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { jsonText, table } from '../../text.js';

/** The signing keys: which one signs, which comes, which are kept for tokens that still live. */
export const keysList: Command = {
  usage: '[--json]',
  help: ['  --json  print {"items"} instead of a table'],
  async run(args, context) {
    const { values } = readArguments(args, { json: { type: 'boolean' } });
    const { keys, now } = await withDatabase(context.environment(), ({ store }) => store.run((tx) => tx.keys.lock()));
    const items = keys.map((key) => ({
      kid: key.kid,
      alg: key.alg,
      state: keyState(key, now),
      published: isPublished(key, now),
      active_from: instant(key.activeFrom),
      retired_at: instant(key.retiredAt),
      compromised_at: instant(key.compromisedAt),
      last_token_ends: instant(key.lastTokenEnd),
    }));
    if (values.json === true) {
      context.out(jsonText({ items }));
      return 0;
    }
    const rows = items.map((key) => [
      key.kid,
      key.alg,
      key.state,
      key.published ? 'yes' : 'no',
      key.active_from,
      key.compromised_at ?? key.retired_at ?? '-',
      key.last_token_ends ?? '-',
    ]);
    for (const line of table(['KEY', 'ALG', 'STATE', 'PUBLISHED', 'SIGNS FROM', 'UNTIL', 'LAST TOKEN ENDS'], rows))
      context.out(line);
    return 0;
  },
};
