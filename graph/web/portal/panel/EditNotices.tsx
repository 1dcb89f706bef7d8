import { Button } from "react-aria-components";

import type { Group } from "./draft";
import { ProblemNotice } from "./ProblemNotice";
import { MOST } from "./SelectAll";
import { SlowNotice } from "./SlowNotice";
import type { Editor } from "./useEditor";
import { useExemptions } from "./useExemptions";
import { useWords } from "./useWords";
import { countViolations } from "./violations";

interface EditNoticesProps {
  readonly editor: Editor;
  readonly group: Group;
  readonly isNew: boolean;
  readonly isReadOnly: boolean;
  readonly isTooMuch: boolean;
}

/** What the administrator must know about the work as a whole. */
export function EditNotices({ editor, group, isNew, isReadOnly, isTooMuch }: EditNoticesProps) {
  const words = useWords();
  const exemptions = useExemptions(editor.draft);
  const { broken, saved, problem, conflict, draft } = editor;
  const faults = countViolations(broken);
  if (conflict) {
    return (
      <>
        <p className="notice-box warn" role="alert">
          <strong>{words.conflictTitle}.</strong> {words.conflictText}
        </p>
        {problem && <ProblemNotice problem={problem} />}
      </>
    );
  }
  return (
    <>
      {isReadOnly && <p className="notice-box">{words.readOnly}</p>}
      {isNew && draft.base.version === 1 && !editor.isUnsaved && (
        <p className="notice-box good">{words.created(draft.base.name)}</p>
      )}
      {editor.wasRestored && editor.isUnsaved && <p className="notice-box">{words.restored}</p>}
      {problem && <ProblemNotice problem={problem} />}
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
            words.saved(saved.name),
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
