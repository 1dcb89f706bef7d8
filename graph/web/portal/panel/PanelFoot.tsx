import type { ReactNode, Ref } from "react";
import { Button } from "react-aria-components";

import { KEYS_ID } from "./PeopleList";
import { summaryOf } from "./summary";
import { useBarHeight } from "./useBarHeight";
import type { ChosenUsers } from "./useChosen";
import type { Editor } from "./useEditor";
import { useWords } from "./useWords";

interface PanelFootProps {
  readonly editor: Editor;
  readonly chosen: ChosenUsers;
  readonly exemptions: readonly string[];
  readonly canSave: boolean;
  readonly isReadOnly: boolean;
  readonly saveRef: Ref<HTMLButtonElement>;
  readonly onSave: () => void;
  readonly onClose: () => void;
  /** Notices: they grow away from the lists, whose rows and arrows keep their places. */
  readonly children: ReactNode;
}

/** Always in view below the lists: what is to be known about the work, what is not saved yet, Save and Close. */
export function PanelFoot({
  editor,
  chosen,
  exemptions,
  canSave,
  isReadOnly,
  saveRef,
  onSave,
  onClose,
  children,
}: PanelFootProps) {
  const words = useWords();
  const bar = useBarHeight();
  return (
    <footer className="panel-foot">
      {children}
      <div className="panel-bar" ref={bar}>
        <div className="panel-state">
          {editor.isUnsaved && <p>{words.unsaved(summaryOf(editor.draft, exemptions.length))}</p>}
          {chosen.available.size > 0 && <p>{words.chosenNotAdded(chosen.available.size)}</p>}
          {chosen.assigned.size > 0 && <p>{words.chosenNotRemoved(chosen.assigned.size)}</p>}
          {!isReadOnly && (
            <p id={KEYS_ID} className="panel-keys" hidden={chosen.isAny}>
              {words.keys}
            </p>
          )}
        </div>
        <div className="panel-buttons">
          {!isReadOnly && (
            <Button className="button primary" ref={saveRef} isDisabled={!canSave} onPress={onSave}>
              {editor.isSaving ? words.saving : words.save}
            </Button>
          )}
          <Button className="button" onPress={onClose}>
            {words.close}
          </Button>
        </div>
      </div>
    </footer>
  );
}
