import type { MouseEvent, ReactNode } from "react";
import { hrefOf, navigate, type Address } from "../address";

interface ViewLinkProps {
  readonly to: Partial<Address>;
  readonly id?: string;
  readonly className?: string;
  readonly label?: string;
  readonly children: ReactNode;
}

/** A link to another view: followed here by a plain click, by the browser in a new tab. */
export function ViewLink({ to, id, className, label, children }: ViewLinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a id={id} href={hrefOf(to)} className={className} aria-label={label} onClick={follow}>
      {children}
    </a>
  );
}
