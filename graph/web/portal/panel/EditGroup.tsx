import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { ConflictView } from "./ConflictView";
import type { Group } from "./draft";
import { EditNotices } from "./EditNotices";
import { LeaveDialog } from "./LeaveDialog";
import { Lists } from "./Lists";
import { NameField } from "./NameField";
import { MOST } from "./SelectAll";
import { useEditor } from "./useEditor";
import { useLeaveGuard } from "./useLeaveGuard";
import { useWords } from "./useWords";

interface EditGroupProps {
  readonly siteId: string;
  readonly group: Group;
  readonly isNew: boolean;
  readonly isReadOnly: boolean;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly onClose: () => void;
  readonly onOpen?: ((groupId: string) => void) | undefined;
}

/** Edit, and the second step of Add: the name and the two lists, kept by one Save. */
export function EditGroup({ siteId, group, isNew, isReadOnly, heading, onClose, onOpen }: EditGroupProps) {
  const words = useWords();
  const editor = useEditor(group);
  const { draft, act } = editor;
  const guard = useLeaveGuard(editor.isUnsaved, editor.forget);
  const [spoken, setSpoken] = useState(isNew ? words.created(group.name) : "");
  // A text that is the same as the last one would not be spoken again.
  const announce = useCallback((text: string) => {
    setSpoken((last) => (last === text ? `${text}\u00a0` : text));
  }, []);
  const notices = useRef<HTMLDivElement>(null);
  const [isMissing, setMissing] = useState(false);
  const isTooMuch = draft.joining.length > MOST || draft.leaving.length > MOST;

  const [saves, setSaves] = useState(0);

  async function save(): Promise<void> {
    setMissing(draft.name.trim() === "");
    if (draft.name.trim() !== "" && !isTooMuch && !editor.isSaving && editor.isUnsaved) {
      const from = document.activeElement;
      const isSame = await editor.save();
      // Keys that are typed on would be lost if the focus went away from them.
      const isIdle = isSame && document.activeElement === from;
      if (isIdle || document.activeElement === document.body) {
        setSaves((number) => number + 1);
      }
    }
  }

  // What a Save has led to stands above the lists: a keyboard or a screen reader goes on from there.
  useEffect(() => {
    if (saves > 0) {
      notices.current?.focus();
    }
  }, [saves]);

  function settle(how: "apply" | "drop"): void {
    editor.settle(how);
    announce(how === "apply" ? words.applied : "");
    heading.current?.focus();
  }

  return (
    <section className="panel" aria-labelledby="panel-title">
      <header className="panel-head">
        <h2 id="panel-title" ref={heading} tabIndex={-1}>
          {words.editGroup(draft.base.name)}
        </h2>
      </header>
      <div ref={notices} tabIndex={-1} className="notices">
        <EditNotices editor={editor} group={group} isNew={isNew} isReadOnly={isReadOnly} isTooMuch={isTooMuch} />
      </div>
      {editor.conflict ? (
        <ConflictView conflict={editor.conflict} draft={draft} onSettle={settle} />
      ) : (
        <>
          <NameField
            name={draft.name}
            onChange={(name) => {
              setMissing(false);
              act({ type: "named", name });
            }}
            onSubmit={() => void save()}
            broken={editor.broken.name}
            isMissing={isMissing}
            isReadOnly={isReadOnly}
            onOpen={onOpen}
          />
          <Lists
            siteId={siteId}
            draft={draft}
            settled={editor.settled}
            act={act}
            announce={announce}
            broken={editor.broken}
            isReadOnly={isReadOnly}
          />
          <footer className="panel-foot">
            <p className="panel-state">
              {editor.isUnsaved &&
                words.unsaved(draft.joining.length, draft.leaving.length, draft.name.trim() !== draft.base.name)}
            </p>
            <div className="panel-buttons">
              {!isReadOnly && (
                <Button className="button primary" isDisabled={!editor.isUnsaved} onPress={() => void save()}>
                  {editor.isSaving ? words.saving : words.save}
                </Button>
              )}
              <Button
                className="button"
                onPress={() => {
                  onClose();
                }}
              >
                {words.close}
              </Button>
            </div>
          </footer>
        </>
      )}
      <output className="visually-hidden" aria-live="polite">
        {spoken}
      </output>
      <LeaveDialog guard={guard} />
    </section>
  );
}
