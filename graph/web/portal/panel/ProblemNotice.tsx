import { Button } from "react-aria-components";

import type { Failure } from "./failure";
import { useSignIn } from "./useSignIn";
import { useWords } from "./useWords";

/** Why nothing was saved or loaded, and what to do. What was typed stays. */
export function ProblemNotice({ problem }: { readonly problem: Failure | { readonly kind: "gone" } }) {
  const words = useWords();
  const signIn = useSignIn();
  return (
    <div className="notice-box error" role="alert">
      <p>{problem.kind === "failed" ? words.failed(problem.message) : words[problem.kind]}</p>
      {problem.kind === "gone" && <p>{words.goneHint}</p>}
      {problem.kind === "signedOut" && signIn && (
        <Button className="button" onPress={signIn}>
          {words.signIn}
        </Button>
      )}
    </div>
  );
}
