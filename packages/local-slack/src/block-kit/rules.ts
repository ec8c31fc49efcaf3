import { isObject, type JsonObject } from '../json.js';

/** Collects what is wrong, in Slack's own manner: a sentence and a JSON pointer. */
export class Report {
  readonly messages: string[] = [];

  /** Takes a sentence and the JSON pointer of the member it is about. */
  add(sentence: string, pointer: string): void {
    this.messages.push(`[ERROR] ${sentence} [json-pointer:${pointer}]`);
  }

  get clean(): boolean {
    return this.messages.length === 0;
  }
}

/** Checks one value at one JSON pointer and reports every fault. */
export type Rule = (value: unknown, pointer: string, report: Report) => void;

/** Returns how many characters Slack counts: code points, so that an emoji is one. */
export function characters(text: string): number {
  return [...text].length;
}

/** Returns a rule: a string of `min`-`max` characters that matches `pattern` when given. */
export function string(max: number, min = 1, pattern?: RegExp): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report.add('must be a string', pointer);
    const count = characters(value);
    if (count < min) report.add(`must be more than ${min - 1} characters`, pointer);
    if (count > max) report.add(`must be less than ${max + 1} characters`, pointer);
    if (pattern && !pattern.test(value)) report.add('does not match the expected format', pointer);
  };
}

/** A rule: true or false. */
export const boolean: Rule = (value, pointer, report) => {
  if (typeof value !== 'boolean') report.add('must be a boolean', pointer);
};

/** Returns a rule: an integer between `min` and `max`, both inclusive. */
export function integer(min: number, max: number): Rule {
  return (value, pointer, report) => {
    if (!Number.isInteger(value)) return report.add('must be an integer', pointer);
    if ((value as number) < min || (value as number) > max) report.add(`must be from ${min} to ${max}`, pointer);
  };
}

/** Returns a rule: one of the given strings. */
export function oneOf(...allowed: readonly string[]): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      report.add(`must be one of ${allowed.join(', ')}`, pointer);
  };
}

/** Returns a rule: an array of `min`-`max` items that each pass `item`. */
export function list(item: Rule, min: number, max: number): Rule {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report.add('must be an array', pointer);
    if (value.length < min) report.add(`no less than ${min} items required`, pointer);
    if (value.length > max) report.add(`no more than ${max} items allowed`, pointer);
    value.forEach((entry, index) => item(entry, `${pointer}/${index}`, report));
  };
}

/** The members of an object: a name ending in `?` may be absent, every other one is required. */
export type Shape = Readonly<Record<string, Rule>>;

/** Returns a rule: an object with exactly these members; an unknown one is refused as Slack does. */
export function object(shape: Shape, extra?: (value: JsonObject, pointer: string, report: Report) => void): Rule {
  const rules = new Map(Object.entries(shape).map(([name, rule]) => [name.replace(/\?$/, ''), rule]));
  const required = Object.keys(shape).filter((name) => !name.endsWith('?'));
  return (value, pointer, report) => {
    if (!isObject(value)) return report.add('must be an object', pointer);
    for (const name of required) {
      if (value[name] === undefined || value[name] === null) report.add(`missing required field: ${name}`, pointer);
    }
    for (const [name, member] of Object.entries(value)) {
      const rule = rules.get(name);
      if (!rule) report.add(`invalid additional property: ${name}`, pointer);
      else if (member !== undefined && member !== null) rule(member, `${pointer}/${name}`, report);
    }
    extra?.(value, pointer, report);
  };
}

/** Returns a rule that reads `type` and applies the rule of that type; an unlisted type is refused. */
export function byType(rules: Readonly<Record<string, Rule>>, what: string): Rule {
  return (value, pointer, report) => {
    const type = isObject(value) ? value['type'] : undefined;
    const rule = typeof type === 'string' && Object.hasOwn(rules, type) ? rules[type] : undefined;
    if (rule) rule(value, pointer, report);
    else
      report.add(
        `unsupported type: ${typeof type === 'string' ? type : 'none'} is not a ${what} here`,
        `${pointer}/type`,
      );
  };
}

const type: Rule = string(40);

/** Returns a rule: a `plain_text` object of 1 to `max` characters. */
export function plainText(max: number): Rule {
  const rule = object({ type, text: string(max), 'emoji?': boolean });
  return (value, pointer, report) => {
    if (isObject(value) && value['type'] !== 'plain_text')
      return report.add('must be a plain_text object', `${pointer}/type`);
    rule(value, pointer, report);
  };
}

/** Returns a rule: a `plain_text` or `mrkdwn` object of 1 to `max` characters. */
export function anyText(max: number): Rule {
  return byType(
    { plain_text: plainText(max), mrkdwn: object({ type, text: string(max), 'verbatim?': boolean }) },
    'text object',
  );
}
