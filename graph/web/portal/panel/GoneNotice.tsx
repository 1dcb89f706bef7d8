import { useEffect } from "react";

import { navigate } from "../address";
import { ViewLink } from "../ui/ViewLink";
import { useWords } from "./useWords";

/** The group is deleted: what was typed stays, and where to look. */
export function GoneNotice() {
  const words = useWords();
  // Its history cannot be read any more.
  useEffect(() => navigate({ history: false }, { replace: true }), []);
  return (
    <div className="notice-box error" role="alert">
      <p>{words.gone}</p>
      <p>{words.goneHint}</p>
      <p>
        <ViewLink to={{ group: "", history: true }}>{words.goneHistory}</ViewLink>
      </p>
    </div>
  );
}
