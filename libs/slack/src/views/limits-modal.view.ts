import { LIMITS } from '#domain/limits.js';
import type { NumberedCall } from '#domain/words/call-lines.js';
import {
  type FormInput,
  type FormOption,
  heading,
  plain,
  sections,
  type WritBlock,
  type WritModal,
} from './block-kit.js';
import { durationWords } from '#domain/words/duration-words.js';
import { shortDigest } from '#domain/words/short-words.js';
import { fold, foldedNote } from './fold.js';
import * as facts from './card/card-facts.js';
import { asAsked, elementBlockId, offeredTtls } from './limits-form.js';
import type { ApprovalCardModel } from './card/card-model.js';
import { QUOTE } from './quoted.js';
import { votesSoFar } from './card/votes-so-far.js';

export const LIMITS_MODAL = 'writ_limits_modal';
/** As much as the card itself shows of all calls: what is folded here was folded there too, so Details were opened. */
const CALL_ROOM = 2_500;

/**
 * The form to approve for less: a shorter time, fewer uses, fewer actions and elements, and a note that the agent reads.
 * It carries the card's id and nothing else: what comes back is judged against the request in the store.
 */
export function limitsModal(card: ApprovalCardModel): WritModal {
  return {
    type: 'modal',
    callback_id: LIMITS_MODAL,
    private_metadata: card.cardId,
    title: plain('Approve for less'),
    submit: plain('Approve'),
    close: plain('Back'),
    blocks: [
      ...sections([facts.verbLine(card), `digest ${shortDigest(card.digest)}`]),
      ...votesSoFar(card),
      ttlSelect(card),
      numberInput('ttl_exact', 'Or exactly, in seconds', card.requestedTtl),
      ...(card.maxUses === 1 ? [] : [numberInput('uses', 'Uses at most', card.maxUses ?? LIMITS.maxUsesMax)]),
      heading('Exactly this'),
      ...facts.exactCalls(card.calls).flatMap(({ numbered, lines }) => [...exactly(lines), elementChoice(numbered)]),
      {
        type: 'input',
        block_id: 'note',
        label: plain('Why less'),
        hint: plain('The agent reads this, without your name.'),
        optional: true,
        element: { type: 'plain_text_input', action_id: 'note', multiline: true, max_length: LIMITS.reasonLengthMax },
      },
    ],
  };
}

function ttlSelect(card: ApprovalCardModel): FormInput {
  const whole: FormOption = {
    text: plain(`As asked: ${durationWords(card.requestedTtl)}`),
    value: asAsked,
  };
  const shorter = offeredTtls(card.requestedTtl).map((seconds) => ({
    text: plain(durationWords(seconds)),
    value: String(seconds),
  }));
  return {
    type: 'input',
    block_id: 'ttl',
    label: plain('Time, once collected'),
    optional: true,
    element: { type: 'static_select', action_id: 'ttl', options: [whole, ...shorter], initial_option: whole },
  };
}

function numberInput(blockId: 'ttl_exact' | 'uses', words: string, most: number): FormInput {
  return {
    type: 'input',
    block_id: blockId,
    label: plain(words),
    hint: plain(`1 to ${most}. Empty leaves it as asked.`),
    optional: true,
    element: {
      type: 'number_input',
      action_id: blockId,
      is_decimal_allowed: false,
      min_value: '1',
      max_value: String(most),
    },
  };
}

/** What the boxes below it are about, as the card says it; a long one is whole in Details. */
function exactly(lines: readonly string[]): WritBlock[] {
  const { shown, hidden } = fold(lines.join('\n'), CALL_ROOM);
  return sections([...shown.split('\n'), ...(hidden === 0 ? [] : [foldedNote(hidden)])], QUOTE);
}

/** One call of the request; each box is one of its actions, by its place in the request. */
function elementChoice({ call, number, place: index }: NumberedCall): FormInput {
  const options = call.actions.map(({ action, risk }, place) => ({
    text: plain(`${facts.shortened(action, 64)} [${risk.toUpperCase()}]`),
    value: String(place),
  }));
  const blockId = elementBlockId(index);
  return {
    type: 'input',
    block_id: blockId,
    label: plain(`Call ${number}`),
    hint: plain('Without any box this call is not granted.'),
    optional: true,
    element: { type: 'checkboxes', action_id: blockId, options, initial_options: options },
  };
}
