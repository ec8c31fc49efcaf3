import { CommandFailed, type CommandContext } from '../command.js';
import {
  readAction,
  readAgent,
  readApprovers,
  readResource,
  readSlack,
  type Answers,
  type Draft,
  type Reading,
} from './answers.js';

/** One of the five: the option that answers it without a terminal, the words, what Enter means, and the reader. */
export interface Question<K extends keyof Answers = keyof Answers> {
  readonly key: K;
  readonly words: string;
  readonly suggestion: string;
  readonly read: (text: string, draft: Draft) => Reading<Answers[K]>;
}

const asks = <K extends keyof Answers>(
  key: K,
  words: string,
  suggestion: string,
  read: Question<K>['read'],
): Question<K> => ({ key, words, suggestion, read });

/** In the order in which they are asked; each may look at the answers before it. */
export const QUESTIONS = [
  asks(
    'resource',
    'What do agents call? Its URI, and a name for people',
    'https://payments.example Payments',
    readResource,
  ),
  asks('agent', 'Which agent, and who answers for it? Two ids', 'support-bot alice', readAgent),
  asks(
    'action',
    'What may it ask to do? Action, risk (low: at once; medium, high: people decide), arguments',
    'refund.create high order:string amount:integer',
    readAction,
  ),
  asks('approvers', 'Who decides? A group and its people; not the owner alone', 'oncall: bob carol', readApprovers),
  asks(
    'slack',
    'Slack? local (a stand-in on this machine), none (the console), or <team> <channel> <person>=<user> …',
    'local',
    readSlack,
  ),
] as const;

/**
 * Asks what `given` does not answer, again until the answer holds. Without somebody to ask (`context.askLine` absent or
 * `unattended`) the suggestions count. Refuses with `CommandFailed` an option that breaks a rule, naming it.
 */
export async function gatherAnswers(
  given: Readonly<Partial<Record<keyof Answers, string>>>,
  context: Pick<CommandContext, 'askLine' | 'remark'>,
  unattended: boolean,
): Promise<Answers> {
  const askLine = unattended ? undefined : context.askLine;
  let draft: Draft = {};
  for (const [index, question] of QUESTIONS.entries()) {
    const said = given[question.key];
    const ask = said === undefined ? askLine : undefined;
    const place = `${index + 1}/${QUESTIONS.length}`;
    draft = { ...draft, [question.key]: await answerTo(question as Question, draft, said, ask, context.remark, place) };
  }
  return draft as Answers;
}

async function answerTo(
  question: Question,
  draft: Draft,
  said: string | undefined,
  ask: CommandContext['askLine'],
  remark: (line: string) => void,
  place: string,
): Promise<unknown> {
  for (;;) {
    const typed = ask === undefined ? said : await ask(`${place} ${question.words}\n    [${question.suggestion}] `);
    if (typed === null) throw new CommandFailed('nothing is written: the questions were not answered');
    const reading = question.read(typed === undefined || typed.trim() === '' ? question.suggestion : typed, draft);
    if ('value' in reading) return reading.value;
    if (ask === undefined) throw new CommandFailed(`--${question.key}: ${reading.rules.join('; ')}`);
    for (const rule of reading.rules) remark(`    ${rule}`);
  }
}
