/** Asks before unsaved work is lost: when the tab is closed or reloaded, on Back and Forward, and on request. */

import { useCallback, useEffect, useRef, useState } from "react";

export interface LeaveGuard {
    readonly isAsking: boolean;
    /** Go at once if nothing is unsaved, else ask first. */
    readonly leave: (go: () => void) => void;
    readonly stay: () => void;
    readonly confirm: () => void;
}

export function useLeaveGuard(isUnsaved: boolean, forget: () => void): LeaveGuard {
    const [go, setGo] = useState<(() => void) | null>(null);
    const confirmed = useRef(false);

    useEffect(() => {
        if (!isUnsaved) {
            return undefined;
        }
        confirmed.current = false;
        const here = window.location.href;
        const ask = (event: BeforeUnloadEvent): void => {
            if (!confirmed.current) {
                event.preventDefault();
            }
        };
        // Before the router sees it: the address goes back to that of the panel until the answer is known.
        const back = (event: PopStateEvent): void => {
            if (confirmed.current) {
                return;
            }
            event.stopImmediatePropagation();
            const there = window.location.href;
            const state: unknown = event.state;
            window.history.pushState(null, "", here);
            setGo(() => () => {
                window.history.replaceState(state, "", there);
                window.dispatchEvent(new PopStateEvent("popstate", { state }));
            });
        };
        window.addEventListener("beforeunload", ask);
        window.addEventListener("popstate", back, { capture: true });
        return () => {
            window.removeEventListener("beforeunload", ask);
            window.removeEventListener("popstate", back, { capture: true });
        };
    }, [isUnsaved]);

    const leave = useCallback(
        (then: () => void) => {
            if (isUnsaved) {
                setGo(() => then);
            } else {
                then();
            }
        },
        [isUnsaved],
    );

    return {
        isAsking: go !== null,
        leave,
        stay: useCallback(() => {
            setGo(null);
        }, []),
        confirm: useCallback(() => {
            confirmed.current = true;
            setGo(null);
            forget();
            go?.();
        }, [go, forget]),
    };
}
