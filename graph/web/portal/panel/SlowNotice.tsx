import { useEffect, useState } from "react";

import { useWords } from "./useWords";

const LONG_MS = 5_000;

/** A Save takes so long that one wonders. It stands on the page for one Save: each is given its own time. */
export function SlowNotice() {
  const words = useWords();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return isLong ? (
    <p className="notice-box warn" role="status">
      {words.slow}
    </p>
  ) : null;
}
