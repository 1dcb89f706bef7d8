import { Button } from "react-aria-components";

import type { Group } from "./draft";
import { ProblemNotice } from "./ProblemNotice";
import { MOST } from "./SelectAll";
import { SignInNotice } from "./SignInNotice";
import { SlowNotice } from "./SlowNotice";
import type { Editor } from "./useEditor";
import { useWords } from "./useWords";
import { countViolations } from "./violations";

interface EditNoticesProps {
  readonly editor: Editor;
  readonly group: Group;
  readonly isGone: boolean;
  readonly isTooMuch: boolean;
  readonly isReadOnly: boolean;
  /** Who would lose an exemption from barge-in. */
  readonly exemptions: readonly string[];
}

/** What the administrator must know about the work as a whole. */
export function EditNotices({ editor, group, isGone, isTooMuch, isReadOnly, exemptions }: EditNoticesProps) {
  const words = useWords();
  const { broken, saved, draft } = editor;
  const problem = isGone ? ({ kind: "gone" } as const) : editor.problem;
  const cannotSave = isReadOnly && editor.isUnsaved && !isGone;
  const isExplained =
    (problem?.kind === "failed" && cannotSave) ||
    (problem?.kind === "signedOut" && (cannotSave || editor.isOtherPerson));
  const faults = countViolations(broken);
  return (
    <>
      {editor.source && editor.isUnsaved && (
        <p className="notice-box">{editor.source === "kept" ? words.restored : words.applied}</p>
      )}
      {!isGone && <SignInNotice isReadOnly={cannotSave} isOtherPerson={editor.isOtherPerson} />}
      {problem && !isExplained && <ProblemNotice problem={problem} />}
      {editor.isSaving && <SlowNotice />}
      {faults > 0 && (
        <p className="notice-box error" role="alert">
          {[words.notSaved(faults), ...broken.group.map((one) => one.message)].join(" ")}
        </p>
      )}
      {isTooMuch && (
        <p className="notice-box error" role="alert">
          {words.tooMany(MOST)}
        </p>
      )}
      {group.version > draft.base.version && editor.isUnsaved && !editor.isSaving && (
        <p className="notice-box warn" role="status">
          {words.newer}{" "}
          <Button className="button small" onPress={() => void editor.showConflict()}>
            {words.showChanges}
          </Button>
        </p>
      )}
      {saved && (
        <p className="notice-box good" role="status">
          {[
            saved.isNew ? words.created(saved.name) : words.saved(saved.name),
            ...(saved.moved.length ? [words.moved(saved.moved)] : []),
            ...(saved.exemptionsEnded.length ? [words.exemptionsEnded(saved.exemptionsEnded)] : []),
          ].join(" ")}
        </p>
      )}
      {exemptions.length > 0 && (
        <p className="notice-box warn" role="status">
          {words.exemptionsWillEnd(exemptions)}
        </p>
      )}
    </>
  );
}
