import { ProblemNotice } from "./ProblemNotice";
import type { Problem } from "./useEditor";
import { useWords } from "./useWords";

/** Above a conflict: another person has changed the group, and why that could not be read again. */
export function ConflictNotices({ problem }: { readonly problem: Problem | null }) {
  const words = useWords();
  return (
    <>
      <p className="notice-box warn" role="alert">
        <strong>{words.conflictTitle}.</strong> {words.conflictText}
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
