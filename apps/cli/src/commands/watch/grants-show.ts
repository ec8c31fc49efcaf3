import { presentGrantStory } from '#contracts/presenters.js';
import { catalogWords } from '#domain/words/catalog-words.js';
import { readArguments, readGrantId } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { withDatabase } from '../../database.js';
import { storyLines } from '../../grant-text.js';
import { jsonText } from '../../text.js';

/** Everything that is known of one grant. */
export const grantsShow: Command = {
  usage: '<id> [--json]',
  help: ['  --json  print the story as GET /v1/grants/{id} answers it'],
  async run(args, context) {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, ['<id>']);
    const id = readGrantId(positionals[0]);
    const { story, words } = await withDatabase(context.environment(), async ({ history, configurationStore }) => {
      const applied = await configurationStore.current();
      return {
        story: await history.grantStory(id),
        words: catalogWords(applied?.catalog ?? { agents: [], people: [], resources: [] }, () => new Set()),
      };
    });
    if (story === null) throw new CommandFailed(`there is no grant ${id}`);
    for (const line of values.json === true ? [jsonText(presentGrantStory(story, words))] : storyLines(story))
      context.out(line);
    return 0;
  },
};
