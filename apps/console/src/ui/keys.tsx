import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Dialog } from './dialog.js';

const KEPT = 'writ.keys';

export interface Shortcut {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

/** Single keys can be switched off: for who dictates, or whose hand shakes. */
export function keysAreOn(): boolean {
  return window.localStorage.getItem(KEPT) !== 'off';
}

/** Listens for single keys, but not while somebody types, a window is open or a modifier is held. */
export function useKeys(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !keysAreOn()) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      const found = latest.current.find(({ key }) => key === event.key);
      if (found === undefined) return;
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

const GENERAL: readonly (readonly [string, string])[] = [
  ['j / k', 'next, previous request in a list'],
  ['Enter', 'open the request'],
  ['a', 'approve (asks once more)'],
  ['l', 'approve for less'],
  ['d', 'deny with a reason'],
  ['c', 'comment or ask'],
  ['/', 'search, where there is a list to search'],
  ['i', 'back to the inbox'],
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
