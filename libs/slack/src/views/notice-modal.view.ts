import { plain, sections, type WritModal } from './block-kit.js';

/** One sentence of ours in a window, for where nothing else reaches the person. Nothing can be sent back from it. */
export function noticeModal(sentence: string): WritModal {
  return {
    type: 'modal',
    callback_id: 'writ_notice_modal',
    private_metadata: 'notice',
    title: plain('Writ'),
    close: plain('Close'),
    blocks: sections([sentence]),
  };
}
