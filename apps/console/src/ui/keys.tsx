import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { Dialog } from './dialog.js';

const KEPT = 'writ.keys';

export interface Shortcut {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
  /** Also out of a field: for Escape, which types nothing. */
  readonly fromFields?: boolean;
}

/** Single keys can be switched off: for who dictates, or whose hand shakes. */
export function keysAreOn(): boolean {
  return window.localStorage.getItem(KEPT) !== 'off';
}

/**
 * Listens for single keys wherever the focus is, but not while somebody types, a window is open or a modifier is held.
 * Enter stays with whatever has a use for it itself: a link, a button, a fold.
 */
export function useKeys(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  // Before anybody can press: a key means what is in sight.
  useLayoutEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (!keysAreOn() || document.querySelector('dialog[open]') !== null) return;
      const found = latest.current.find(({ key }) => key === event.key);
      if (found === undefined || (isTyping(event.target) && found.fromFields !== true)) return;
      if (event.key === 'Enter' && isPressable(event.target)) return;
      event.preventDefault();
      found.run();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary, label') !== null;
}

const GENERAL: readonly (readonly [string, string])[] = [
  ['j / k', 'next, previous request'],
  ['Enter', 'open it; when it is open, read it'],
  ['a', 'approve (asks once more)'],
  ['l', 'approve for less'],
  ['d', 'deny with a reason'],
  ['c', 'comment or ask'],
  ['Esc', 'back to the list'],
  ['/', 'search, where there is a list to search'],
  ['i', 'the inbox'],
  ['?', 'this help'],
];

/** The window that `?` opens. */
export function KeysHelp({ close }: { readonly close: () => void }): ReactNode {
  const [on, setOn] = useState(keysAreOn());
  const toggle = (next: boolean): void => {
    window.localStorage.setItem(KEPT, next ? 'on' : 'off');
    setOn(next);
  };
  return (
    <Dialog title="Keys" close={close}>
      <dl className="facts">
        {GENERAL.map(([key, does]) => (
          <div key={key} className="pair">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => toggle(event.target.checked)} />
        Single keys work
      </label>
      <div className="buttons">
        <button type="button" className="button main" onClick={close} data-first="">
          Close
        </button>
      </div>
    </Dialog>
  );
}
