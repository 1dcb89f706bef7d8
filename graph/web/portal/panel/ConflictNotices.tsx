import type { Conflict } from "./conflict";
import { ProblemNotice } from "./ProblemNotice";
import type { Problem } from "./useEditor";
import { useSaid } from "./useSaid";
import { useWords } from "./useWords";

interface ConflictNoticesProps {
  readonly conflict: Conflict;
  readonly problem: Problem | null;
}

/** Above a conflict: another person has changed the group, and why that could not be read again. */
export function ConflictNotices({ conflict, problem }: ConflictNoticesProps) {
  const words = useWords();
  useSaid(conflict, `${words.conflictTitle}. ${words.conflictText}`);
  return (
    <>
      <p className="notice-box warn">
        <strong>{words.conflictTitle}.</strong> {words.conflictText}
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
