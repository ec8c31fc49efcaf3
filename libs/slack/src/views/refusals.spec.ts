import { describe, expect, it } from '@jest/globals';
import { refusalSentence, slackRefusalSentence } from './refusals.js';

describe('a spoken refusal', () => {
  it('says why a person may not decide', () => {
    const sentence = refusalSentence({ code: 'not_eligible', facts: { why: 'owner_of_the_agent' } });
    expect(sentence).toContain('you own this agent');
  });

  it('says how a request was decided', () => {
    expect(refusalSentence({ code: 'already_decided', facts: { status: 'denied' } })).toContain('already denied');
  });

  it('says to try again when the broker could not record', () => {
    expect(refusalSentence({ code: 'unavailable' })).toContain('try again');
  });

  it('repeats no fact it does not know', () => {
    for (const why of ['<!channel>', '__proto__', 'constructor', 7, null]) {
      expect(refusalSentence({ code: 'not_eligible', facts: { why } })).toContain('you are not eligible');
    }
  });

  it('has a sentence for each refusal of Slack’s side', () => {
    const reasons = [
      'unknown_user',
      'deactivated',
      'bot',
      'guest',
      'stranger',
      'email_unconfirmed',
      'wrong_workspace',
      'incomplete_profile',
    ] as const;
    const said = [
      ...(['unknown_card', 'foreign_click', 'not_bound', 'standing_unknown', 'no_modal'] as const).map((code) =>
        slackRefusalSentence({ code }),
      ),
      ...reasons.map((reason) => slackRefusalSentence({ code: 'standing', reason })),
    ];
    expect(new Set(said).size).toBe(13);
    for (const sentence of said) expect(sentence).toContain('Nothing was counted.');
  });

  it('claims nothing about a vote whose outcome is unknown', () => {
    expect(slackRefusalSentence({ code: 'outcome_unknown' })).not.toContain('Nothing was counted');
  });
});
