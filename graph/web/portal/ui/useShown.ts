import { type RefObject, useEffect, useRef } from "react";

/** Whether the component is still on the page: an answer may come when it has gone. */
export function useShown(): RefObject<boolean> {
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return isShown;
}
