import type { Catalog } from '#domain/catalog.js';
import { instant } from '#domain/instant.js';
import { cardCheckup, type ChannelCards } from '#persistence/card-checkup.js';
import { checkSlack, type Finding } from '#slack/checkup.js';
import { readArguments } from '../arguments.js';
import { CommandFailed, type Command } from '../command.js';
import { withDatabase } from '../database.js';
import { jsonText } from '../text.js';

/** Whether cards can come and clicks can count: sign-in, scopes and channels at Slack, and what Slack refused lately. */
export const doctor: Command = {
  usage: '[--json]',
  help: [
    'Needs the same SLACK_* variables as the broker; without them only the record is looked at.',
    'Exits with 1 when something needs mending. Changes nothing.',
    '',
    '  --json  print {"findings": [{"about", "problem"}]} instead of lines',
  ],
  async run(args, context) {
    const { values } = readArguments(args, { json: { type: 'boolean' } });
    const environment = context.environment();
    const { catalog, cards } = await withDatabase(environment, async (pool, configurations) => {
      const applied = await configurations.newest(pool);
      if (applied === null) throw new CommandFailed('no configuration was ever applied; run writ apply');
      return { catalog: applied.catalog, cards: await cardCheckup(pool) };
    });
    const { slack } = environment;
    if (slack === null) context.remark('no SLACK_* variables are set here, so Slack itself is not asked');
    const asked = slack === null ? [] : await checkSlack(slack, channelsOf(catalog));
    const findings = [...asked, ...cards.map(findingOf)];
    if (values.json === true) context.out(jsonText({ findings }));
    else
      for (const { about, problem } of findings)
        context.out(problem === null ? `ok       ${about}` : `PROBLEM  ${about}: ${problem}`);
    return findings.some(({ problem }) => problem !== null) ? 1 : 0;
  },
};

function channelsOf({ groups }: Catalog): string[] {
  return [...new Set(groups.flatMap(({ slackChannel }) => slackChannel ?? []))];
}

/** A failure of the past is told and is no problem any more once nothing waits. */
function findingOf({ channel, waiting, error, failedAt }: ChannelCards): Finding {
  const last = error === null ? '' : `last failure ${error} at ${instant(failedAt)}`;
  const about = `cards in ${channel}`;
  if (waiting === 0 || error === null) return { about: `${about}${last === '' ? '' : ` (${last})`}`, problem: null };
  return { about, problem: `${waiting} waiting, ${last}` };
}
