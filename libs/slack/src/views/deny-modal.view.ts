import { LIMITS } from '#domain/limits.js';
import { plain, sections, type WritModal } from './block-kit.js';
import * as facts from './card/card-facts.js';
import type { ApprovalCardModel } from './card/card-model.js';
import { QUOTE } from './quoted.js';

export const DENY_MODAL = 'writ_deny_modal';

/** Asks for the reason of a denial. It carries the card's id and nothing else: all is judged afresh at the submit. */
export function denyModal(card: ApprovalCardModel): WritModal {
  return {
    type: 'modal',
    callback_id: DENY_MODAL,
    private_metadata: card.cardId,
    title: plain('Deny request'),
    submit: plain('Deny'),
    close: plain('Back'),
    blocks: [
      ...sections([facts.verbLine(card)]),
      ...facts.exactCalls(card.calls).flatMap(({ lines }) => sections(lines, QUOTE)),
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Reason'),
        hint: plain('The agent reads this. Your name is not shown to it.'),
        optional: false,
        element: {
          type: 'plain_text_input',
          action_id: 'reason',
          multiline: true,
          min_length: 1,
          max_length: LIMITS.reasonLengthMax,
        },
      },
    ],
  };
}
