import { describe, expect, it } from '@jest/globals';
import { checkBlocks, tooMuchText } from './blocks.js';
import { Report } from './rules.js';
import { viewFaults } from './views.js';

const text = (length: number, type = 'plain_text'): object => ({ type, text: 'x'.repeat(length) });
const button = (more: object = {}): object => ({ type: 'button', text: text(10), ...more });
const actions = (...elements: object[]): object => ({ type: 'actions', elements });
const input = (element: object): object => ({ type: 'input', label: text(5), element });
const option = (length: number): object => ({ text: text(length), value: 'v' });
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function faults(...blocks: unknown[]): string[] {
  const report = new Report();
  checkBlocks(blocks, 50, '/blocks', report);
  return report.messages;
}

describe('Block Kit limits', () => {
  const edges: [name: string, fits: unknown, breaks: unknown][] = [
    ['a header has at most 150 characters', { type: 'header', text: text(150) }, { type: 'header', text: text(151) }],
    ['a header is plain text', { type: 'header', text: text(5) }, { type: 'header', text: text(5, 'mrkdwn') }],
    [
      'section text has at most 3000 characters',
      { type: 'section', text: text(3000) },
      { type: 'section', text: text(3001) },
    ],
    ['text is never empty', { type: 'section', text: text(1) }, { type: 'section', text: text(0) }],
    ['a section has text or fields', { type: 'section', fields: [text(1)] }, { type: 'section' }],
    [
      'a section has at most 10 fields',
      { type: 'section', fields: times(10, () => text(9)) },
      { type: 'section', fields: times(11, () => text(9)) },
    ],
    [
      'a field has at most 2000 characters',
      { type: 'section', fields: [text(2000)] },
      { type: 'section', fields: [text(2001)] },
    ],
    [
      'a context has at most 10 elements',
      { type: 'context', elements: times(10, () => text(9)) },
      { type: 'context', elements: times(11, () => text(9)) },
    ],
    [
      'an actions block has at most 25 elements',
      actions(...times(25, () => button())),
      actions(...times(26, () => button())),
    ],
    ['a button has at most 75 characters', actions(button({ text: text(75) })), actions(button({ text: text(76) }))],
    [
      'a button value has at most 2000 characters',
      actions(button({ value: 'v'.repeat(2000) })),
      actions(button({ value: 'v'.repeat(2001) })),
    ],
    [
      'an action_id has at most 255 characters',
      actions(button({ action_id: 'a'.repeat(255) })),
      actions(button({ action_id: 'a'.repeat(256) })),
    ],
    [
      'a block_id has at most 255 characters',
      { type: 'divider', block_id: 'b'.repeat(255) },
      { type: 'divider', block_id: 'b'.repeat(256) },
    ],
    ['a button is primary or danger', actions(button({ style: 'danger' })), actions(button({ style: 'default' }))],
    [
      'a confirm title has at most 100 characters',
      actions(button({ confirm: { title: text(100), text: text(9) } })),
      actions(button({ confirm: { title: text(101), text: text(9) } })),
    ],
    [
      'a confirm text has at most 300 characters',
      actions(button({ confirm: { text: text(300) } })),
      actions(button({ confirm: { text: text(301) } })),
    ],
    [
      'a confirm button has at most 30 characters',
      actions(button({ confirm: { text: text(9), deny: text(30) } })),
      actions(button({ confirm: { text: text(9), deny: text(31) } })),
    ],
    [
      'an option has at most 75 characters',
      input({ type: 'static_select', options: [option(75)] }),
      input({ type: 'static_select', options: [option(76)] }),
    ],
    [
      'checkboxes have at most 10 options',
      input({ type: 'checkboxes', options: times(10, () => option(5)) }),
      input({ type: 'checkboxes', options: times(11, () => option(5)) }),
    ],
    [
      'an input takes at most 3000 characters',
      input({ type: 'plain_text_input', max_length: 3000 }),
      input({ type: 'plain_text_input', max_length: 3001 }),
    ],
    [
      'a number input says whether decimals are allowed',
      input({ type: 'number_input', is_decimal_allowed: false }),
      input({ type: 'number_input' }),
    ],
    [
      'an initial option is one of the options',
      input({ type: 'static_select', options: [option(5)], initial_option: option(5) }),
      input({ type: 'static_select', options: [option(5)], initial_option: { text: text(5), value: 'other' } }),
    ],
    ['a button does not stand in an input block', input({ type: 'plain_text_input' }), input(button())],
    ['unknown members are refused', { type: 'divider' }, { type: 'divider', colour: 'red' }],
    ['unknown blocks are refused', { type: 'divider' }, { type: 'carousel' }],
  ];
  it.each(edges)('%s', (_name, fits, breaks) => {
    expect(faults(fits)).toEqual([]);
    expect(faults(breaks)).not.toEqual([]);
  });

  it('counts an emoji as one character', () => {
    expect(faults({ type: 'header', text: { type: 'plain_text', text: '🔑'.repeat(150) } })).toEqual([]);
  });

  it('names the fault and where it stands', () => {
    expect(faults({ type: 'divider' }, { type: 'header', text: text(151) })).toEqual([
      '[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]',
    ]);
  });

  it('refuses a repeated block_id, and a repeated action_id within one block', () => {
    expect(faults({ type: 'divider', block_id: 'a' }, { type: 'divider', block_id: 'a' })).toHaveLength(1);
    expect(faults(actions(button({ action_id: 'a' }), button({ action_id: 'a' })))).toHaveLength(1);
    expect(faults(actions(button({ action_id: 'a' })), actions(button({ action_id: 'a' })))).toEqual([]);
  });

  it('takes 50 blocks in a message and 100 in a modal', () => {
    const dividers = (count: number): object[] => times(count, () => ({ type: 'divider' }));
    const modal = (count: number): object => ({ type: 'modal', title: text(5), blocks: dividers(count) });
    expect(faults(...dividers(50))).toEqual([]);
    expect(faults(...dividers(51))).toHaveLength(1);
    expect(viewFaults(modal(100), 'modal')).toEqual([]);
    expect(viewFaults(modal(101), 'modal')).toHaveLength(1);
  });

  it('refuses a message whose blocks together hold too much text', () => {
    expect(tooMuchText(times(4, () => ({ type: 'section', text: text(3000) })))).toBe(false);
    expect(tooMuchText(times(5, () => ({ type: 'section', text: text(3000) })))).toBe(true);
  });
});

describe('views', () => {
  const modal = (more: object = {}): object => ({ type: 'modal', title: text(24), blocks: [], ...more });
  it.each([
    ['a title of more than 24 characters', modal({ title: text(25) })],
    ['a submit of more than 24 characters', modal({ submit: text(25) })],
    ['private_metadata of more than 3000 characters', modal({ private_metadata: 'x'.repeat(3001) })],
    ['an input without a submit button', modal({ blocks: [input({ type: 'plain_text_input' })] })],
    ['an unknown member', modal({ colour: 'red' })],
    ['a Home tab where a modal is due', { type: 'home', blocks: [] }],
  ])('refuse %s', (_name, view) => {
    expect(viewFaults(modal(), 'modal')).toEqual([]);
    expect(viewFaults(view, 'modal')).not.toEqual([]);
  });

  it('give a Home tab no title', () => {
    expect(viewFaults({ type: 'home', blocks: [] }, 'home')).toEqual([]);
    expect(viewFaults({ type: 'home', blocks: [], title: text(5) }, 'home')).not.toEqual([]);
  });
});
