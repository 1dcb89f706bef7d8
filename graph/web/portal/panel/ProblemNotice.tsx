import type { Failure } from "./failure";
import { useWords } from "./useWords";

/** Why nothing was saved or loaded, and what to do. What was typed stays. */
export function ProblemNotice({ problem }: { readonly problem: Failure | { readonly kind: "gone" } }) {
  const words = useWords();
  return (
    <div className="notice-box error" role="alert">
      <p>{problem.kind === "failed" ? words.failed(problem.message) : words[problem.kind]}</p>
      {problem.kind === "gone" && <p>{words.goneHint}</p>}
    </div>
  );
}
