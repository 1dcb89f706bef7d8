import { Button } from "react-aria-components";

import type { Group } from "./draft";
import { ProblemNotice } from "./ProblemNotice";
import type { Broken } from "./save";
import { MOST } from "./SelectAll";
import { SignInNotice } from "./SignInNotice";
import { SlowNotice } from "./SlowNotice";
import type { Editor, Saved } from "./useEditor";
import { useSaid } from "./useSaid";
import { useWords } from "./useWords";
import { countViolations } from "./violations";
import type { Words } from "./words.en";

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
  const { broken, refusal, saved, draft } = editor;
  useSaid(saved, saved ? savedText(saved, words) : "");
  useSaid(refusal, refusal ? refusalText(refusal, words) : "");
  const problem = isGone ? ({ kind: "gone" } as const) : editor.problem;
  const cannotSave = isReadOnly && editor.isUnsaved && !isGone;
  const isExplained =
    (problem?.kind === "failed" && cannotSave) ||
    (problem?.kind === "signedOut" && (cannotSave || editor.isOtherPerson));
  return (
    <>
      {editor.source && editor.isUnsaved && (
        <p className="notice-box">{editor.source === "kept" ? words.restored : words.applied}</p>
      )}
      {!isGone && <SignInNotice isReadOnly={cannotSave} isOtherPerson={editor.isOtherPerson} />}
      {problem && !isExplained && <ProblemNotice problem={problem} />}
      {editor.isSaving && <SlowNotice />}
      {countViolations(broken) > 0 && <p className="notice-box error">{refusalText(broken, words)}</p>}
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
      {saved && <p className="notice-box good">{savedText(saved, words)}</p>}
      {exemptions.length > 0 && (
        <p className="notice-box warn" role="status">
          {words.exemptionsWillEnd(exemptions)}
        </p>
      )}
    </>
  );
}

function savedText({ name, isNew, moved, exemptionsEnded }: Saved, words: Words): string {
  return [
    isNew ? words.created(name) : words.saved(name),
    ...(moved.length ? [words.moved(moved)] : []),
    ...(exemptionsEnded.length ? [words.exemptionsEnded(exemptionsEnded)] : []),
  ].join(" ");
}

function refusalText(broken: Broken, words: Words): string {
  return [words.notSaved(countViolations(broken)), ...broken.group.map((one) => one.message)].join(" ");
}
