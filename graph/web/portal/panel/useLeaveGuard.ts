/** Asks before unsaved work is lost: by a way to another view, by Back, by Sign out, or when the tab is closed or reloaded. */

import { useCallback, useEffect, useState } from "react";
import { guardGroup } from "../address";
import { dropRefused } from "../api/fetch";

export interface LeaveGuard {
  readonly isAsking: boolean;
  readonly stay: () => void;
  /** Go where one wanted to, and forget what is not saved. */
  readonly confirm: () => void;
}

export function useLeaveGuard(isUnsaved: boolean, forget: () => void): LeaveGuard {
  const [held, setHeld] = useState<{ readonly go: () => void } | null>(null);
  // The way out may lead to another page: the browser does not ask once more.
  const [isConfirmed, setConfirmed] = useState(false);

  useEffect(() => {
    if (!isUnsaved || isConfirmed) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    guardGroup((go) => setHeld({ go }));
    window.addEventListener("beforeunload", ask);
    return () => {
      guardGroup(null);
      window.removeEventListener("beforeunload", ask);
    };
  }, [isUnsaved, isConfirmed]);

  // A Save that was on its way is answered: there is nothing left to ask about.
  if (held && !isUnsaved) {
    setHeld(null);
  }

  return {
    isAsking: held !== null,
    stay: useCallback(() => {
      setHeld(null);
    }, []),
    confirm: useCallback(() => {
      setHeld(null);
      setConfirmed(true);
      forget();
      dropRefused();
      held?.go();
    }, [held, forget]),
  };
}
