import { GoneNotice } from "./GoneNotice";
import type { Problem } from "./useEditor";
import { useSaid } from "./useSaid";
import { useWords } from "./useWords";

/** Why nothing was saved or loaded, and what to do. What was typed stays. */
export function ProblemNotice({ problem }: { readonly problem: Problem }) {
  const words = useWords();
  const text =
    problem.kind === "gone" ? "" : problem.kind === "failed" ? words.failed(problem.message) : words[problem.kind];
  useSaid(problem, text);
  if (problem.kind === "gone") {
    return <GoneNotice />;
  }
  return <p className="notice-box error">{text}</p>;
}
