import { figure, inRounds, percentile, type Bench, type Figures, type Terms } from '../figure.js';
import { withFleet } from '../seed.js';
import { seedHistory } from '../seed-history.js';
import { holdMany, openField, type Field, type Held } from '../sides/field.js';

const MANY = 1_000_000;
const FEW = 100_000;
const ASKED = 8;
const DAY_MS = 86_400_000;

/** Pages as auditors ask for them: the filters of the history, alone and together. */
const PAGES: Readonly<Record<string, () => string>> = {
  history_first: () => '',
  history_agent: () => 'agent=fleet-03',
  history_active: () => 'status=active',
  history_expired: () => 'status=expired',
  history_revoked: () => 'status=revoked',
  history_action: () => 'action=refund.create',
  history_approver: () => 'approver=alice',
  history_resource: () => 'resource=https%3A%2F%2Fpayments.example',
  history_agent_revoked: () => 'agent=fleet-03&status=revoked',
  history_action_active: () => 'action=refund.create&status=active',
  history_approver_revoked: () => 'approver=alice&status=revoked',
  history_deep: () => `to=${new Date(Date.now() - 60 * DAY_MS).toISOString()}`,
};

/** How long a page of the history takes among a million grants, against one among a hundred thousand. */
export const historyPages: Bench = {
  name: 'history_pages',
  gives: Object.keys(PAGES),
  run: async (terms): Promise<Figures> => {
    const fields: Field[] = [];
    try {
      const [many, few] = [await seeded(MANY, fields, terms), await seeded(FEW, fields, terms)];
      const figures: Record<string, Figures[string]> = {};
      for (const [name, query] of Object.entries(PAGES)) {
        for (const field of fields) await pages(field, query(), ASKED);
        const measured = await inRounds(terms.rounds, {
          many: () => pages(many, query(), ASKED),
          few: () => pages(few, query(), ASKED),
        });
        const size = `the same page among ${FEW.toLocaleString('en')} grants (p50)`;
        figures[name] = figure(measured.many, measured.few, 'ms', size);
      }
      return figures;
    } finally {
      for (const field of fields) await field.close();
    }
  },
};

async function seeded(grants: number, fields: Field[], { say }: Terms): Promise<Field> {
  const field = await openField({ processes: ['api'], change: withFleet });
  fields.push(field);
  const began = performance.now();
  await seedHistory(field.world, (await holdMany(field, 1))[0] as Held, grants);
  say(`history_pages: ${grants} grants in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return field;
}

async function pages(field: Field, query: string, count: number): Promise<number> {
  const auditor = field.caller('auditor-tool');
  const took: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const authorization = `Bearer ${await auditor.assertion()}`;
    const began = performance.now();
    const { status, body } = await auditor.get(`/v1/grants?limit=50&${query}`, { authorization });
    took.push(performance.now() - began);
    if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
    if ((body as { items: unknown[] }).items.length === 0) throw new Error(`nothing was found by ${query}`);
  }
  return percentile(took, 0.5);
}
