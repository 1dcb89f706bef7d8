/** Asks before unsaved work is lost: by a way to another view, by Back, or when the tab is closed or reloaded. */

import { useCallback, useEffect, useRef, useState } from "react";
import { guardGroup } from "../address";

export interface LeaveGuard {
  readonly isAsking: boolean;
  readonly stay: () => void;
  /** Go where one wanted to, and forget what is not saved. */
  readonly confirm: () => void;
  /** There is nothing to ask any more, although the page does not show it yet. */
  readonly release: () => void;
}

export function useLeaveGuard(isUnsaved: boolean, forget: () => void): LeaveGuard {
  const [held, setHeld] = useState<{ readonly go: () => void } | null>(null);
  const isReleased = useRef(false);

  useEffect(() => {
    if (!isUnsaved) {
      return undefined;
    }
    isReleased.current = false;
    const ask = (event: BeforeUnloadEvent): void => {
      if (!isReleased.current) {
        event.preventDefault();
      }
    };
    guardGroup((go) => {
      if (isReleased.current) {
        go();
      } else {
        setHeld({ go });
      }
    });
    window.addEventListener("beforeunload", ask);
    return () => {
      guardGroup(null);
      window.removeEventListener("beforeunload", ask);
    };
  }, [isUnsaved]);

  const release = useCallback(() => {
    isReleased.current = true;
  }, []);

  return {
    isAsking: held !== null,
    stay: useCallback(() => {
      setHeld(null);
    }, []),
    confirm: useCallback(() => {
      release();
      setHeld(null);
      forget();
      held?.go();
    }, [held, forget, release]),
    release,
  };
}
