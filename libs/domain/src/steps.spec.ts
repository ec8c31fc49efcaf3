import { describe, expect, it } from '@jest/globals';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { Steps } from './steps.js';

interface Start {
  readonly said: string;
}
type Measured = Start & { readonly length: number };

const measure = (context: Start): Measured => ({ ...context, length: context.said.length });
const refuseLong = async (context: Measured): Promise<Measured | Refusal> =>
  context.length > 3 ? refuse('too_long', 'At most three.') : context;
const finish = ({ said, length }: Measured): { readonly told: string } => ({ told: `${said} ${length}` });

const STEPS = Steps.over<Start, Refusal>(isRefusal).step(measure).step(refuseLong).step(finish);

describe('steps', () => {
  it('are walked in order, each with what those before it have found', async () => {
    expect(STEPS.names).toEqual(['measure', 'refuseLong', 'finish']);
    expect(await STEPS.run({ said: 'abc' })).toEqual({ told: 'abc 3' });
  });

  it('end with the first that stops', async () => {
    expect(await STEPS.run({ said: 'abcd' })).toMatchObject({ code: 'too_long' });
  });

  it('stop at the step that stops the walk: none behind it is taken', async () => {
    let taken = false;
    const behind = (context: Measured): Measured => {
      taken = true;
      return context;
    };
    await Steps.over<Start, Refusal>(isRefusal).step(measure).step(refuseLong).step(behind).run({ said: 'abcd' });
    expect(taken).toBe(false);
  });

  it('do not compile in an order in which one lacks what it needs', () => {
    // @ts-expect-error nothing has measured yet
    expect(Steps.over<Start, Refusal>(isRefusal).step(finish).names).toEqual(['finish']);
  });
});
