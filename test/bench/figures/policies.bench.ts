import { aQuestion, engineOf } from '#policy/testing/builders.js';
import type { PolicyEngine } from '#policy/engine.js';
import { figure, inRounds, percentile, type Bench, type Figures } from '../figure.js';

const MANY = 1_000;
const FEW = 10;
const DECIDED = 2_000;

/** One decision of the engine, without request or database, among a thousand policies against one among ten. */
export const policies: Bench = {
  name: 'policies_1000',
  gives: ['policies_1000'],
  run: async ({ rounds }): Promise<Figures> => {
    const [many, few] = [engineOf(policiesFor(MANY)), engineOf(policiesFor(FEW))];
    const measure = (engine: PolicyEngine) => (): Promise<number> => Promise.resolve(decided(engine));
    for (const engine of [many, few]) decided(engine);
    const { ours, reference } = await inRounds(rounds, { ours: measure(many), reference: measure(few) });
    return { policies_1000: figure(ours, reference, 'ms', `the same decision among ${FEW} policies (p50)`) };
  },
};

/** @returns the p50 of one decision in ms @throws when the set does not decide as it says */
function decided(engine: PolicyEngine): number {
  const question = aQuestion();
  const took = Array.from({ length: DECIDED }, () => {
    const began = performance.now();
    const { outcome } = engine.decide(question);
    if (outcome !== 'allow') throw new Error(`decided: ${outcome}`);
    return performance.now() - began;
  });
  return percentile(took, 0.5);
}

/** One policy that decides, and others for other people's actions, as sets grow. */
function policiesFor(count: number): string {
  const others = Array.from(
    { length: count - 1 },
    (_, n) =>
      `@id("other-${n}") @outcome("allow")
       permit (principal in Writ::Group::"delivery", action == Writ::Action::"deploy.read", resource) when { context.granted_last_hour < ${n + 1} };`,
  );
  return [
    `@id("reads") @outcome("allow") permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);`,
    ...others,
  ].join('\n');
}
