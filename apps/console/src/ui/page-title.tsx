import { useEffect, useRef, type ReactNode } from 'react';

interface PageTitleProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly aside?: ReactNode;
  /** For the tab, where it differs: the inbox counts there. */
  readonly tab?: string | null;
}

/** Names the tab; `null` leaves that to another part of the page. */
export function useTab(tab: string | null): void {
  useEffect(() => {
    if (tab !== null) document.title = `${tab} · Writ`;
  }, [tab]);
}

/**
 * Moves the focus to this heading when its page appears, so that a screen reader hears where it is.
 * @param take false leaves the focus where it is
 */
export function useHeading(take = true): React.RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (take) heading.current?.focus({ preventScroll: true });
  }, [take]);
  return heading;
}

/** The heading of a page. */
export function PageTitle({ title, lead, aside, tab = title }: PageTitleProps): ReactNode {
  useTab(tab);
  const heading = useHeading();
  return (
    <header className="head">
      <div>
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {lead === undefined ? null : <p>{lead}</p>}
      </div>
      {aside}
    </header>
  );
}
