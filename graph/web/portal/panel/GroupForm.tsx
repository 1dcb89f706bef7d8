import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { navigate, useAddress } from "../address";
import { useAnnounce } from "../ui/Announcer";
import { useTitle } from "../ui/useTitle";
import { ConflictNotices } from "./ConflictNotices";
import { ConflictView } from "./ConflictView";
import { type Group, isNew, NEW_GROUP } from "./draft";
import { EditNotices } from "./EditNotices";
import { EmptyLists } from "./EmptyLists";
import { LeaveDialog } from "./LeaveDialog";
import { Lists } from "./Lists";
import { NameField } from "./NameField";
import { Notices } from "./Notices";
import { PanelFoot } from "./PanelFoot";
import { MOST } from "./SelectAll";
import { summaryOf } from "./summary";
import { useChosen } from "./useChosen";
import { useEditor } from "./useEditor";
import { useExemptions } from "./useExemptions";
import { useHistoryOpener } from "./useHistoryOpener";
import { useLeaveGuard } from "./useLeaveGuard";
import { usePermitted } from "./usePermitted";
import { useResultFocus } from "./useResultFocus";
import { useWords } from "./useWords";

interface GroupFormProps {
  readonly siteId: string;
  /** NEW_GROUP while one is added; once that is made, what the server has takes its place here. */
  readonly group: Group;
  readonly isReadOnly: boolean;
  /** In its place if nothing in it is unsaved. */
  readonly instead: ReactNode;
  readonly onMade: (groupId: string) => void;
  readonly onClose: () => void;
  readonly onOpen: (groupId: string) => void;
}

/** Add and Edit: the name and, once there is a group, the two lists of users, kept by one Save. */
export function GroupForm({ siteId, group, isReadOnly, instead, onMade, onClose, onOpen }: GroupFormProps) {
  const words = useWords();
  const { history } = useAddress();
  const announce = useAnnounce();
  const editor = useEditor(siteId, group);
  const { draft, act, isUnsaved } = editor;
  const chosen = useChosen();
  const exemptions = useExemptions(draft);
  const guard = useLeaveGuard(isUnsaved || chosen.isAny, editor.forget);
  const [isMissing, setMissing] = useState(false);
  const isTooMuch = draft.joining.length > MOST || draft.leaving.length > MOST;
  const isAdded = isNew(draft);
  const isGone = instead !== null || editor.problem?.kind === "gone";
  const { name } = editor.conflict?.current ?? draft.base;
  useTitle("group", isAdded ? words.newGroup : name);

  // Before the next drawing: OpenGroup keeps this panel only if it knows of the group when the address changes.
  const { id } = draft.base;
  const isMade = group.id === NEW_GROUP.id && id !== NEW_GROUP.id;
  useLayoutEffect(() => {
    if (isMade) {
      onMade(id);
    }
  }, [isMade, id, onMade]);

  const opener = useHistoryOpener(history);
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [startsNew] = useState(isAdded);
  const [startsBeside] = useState(history);
  useEffect(() => {
    // A history that is open from the start has the focus already.
    if (!startsBeside) {
      (startsNew ? field : heading).current?.focus();
    }
  }, [startsNew, startsBeside]);

  const notices = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const goOn = useResultFocus({ field, notices, button });
  async function save(): Promise<void> {
    const isEmpty = draft.name.trim() === "";
    setMissing(isEmpty);
    announce("");
    if (isEmpty) {
      editor.dismiss();
      field.current?.focus();
    } else if (!isTooMuch && !isGone && !editor.isSaving && isUnsaved) {
      goOn({ refused: await editor.save(), wasNew: isAdded });
    }
  }

  usePermitted(isReadOnly, button);

  function settle(how: "apply" | "drop"): void {
    editor.settle(how);
    chosen.clear();
    if (how === "apply") announce(words.applied);
    heading.current?.focus();
  }

  function closeOnEscape({ key, target }: KeyboardEvent): void {
    // In a text, Escape has to do with what is typed.
    if (key === "Escape" && !(target as Element).matches("input:not([type=checkbox])")) {
      onClose();
    }
  }

  if (instead !== null && !isUnsaved && !chosen.isAny) {
    return instead;
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- The button Close does the same.
    <section className="panel" aria-labelledby="panel-title" onKeyDown={closeOnEscape}>
      <header className="panel-head">
        <h2 id="panel-title" ref={heading} tabIndex={-1}>
          {isAdded ? words.newGroup : isReadOnly ? name : words.editGroup(name)}
        </h2>
        {!isAdded && !history && !isGone && (
          <Button ref={opener} className="button" onPress={() => navigate({ history: true })}>
            {words.history}
          </Button>
        )}
      </header>
      {isReadOnly && <p className="notice-box">{words.readOnly}</p>}
      {editor.conflict ? (
        <>
          <Notices ref={notices}>
            <ConflictNotices conflict={editor.conflict} problem={editor.problem} />
          </Notices>
          <ConflictView conflict={editor.conflict} draft={draft} onSettle={settle} />
        </>
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
            isUnsure={isAdded && editor.unanswered === draft.name}
            isReadOnly={isReadOnly}
            inputRef={field}
            onOpen={onOpen}
          />
          {isAdded ? (
            <EmptyLists />
          ) : (
            <Lists
              siteId={siteId}
              draft={draft}
              settled={editor.settled}
              act={act}
              chosen={chosen}
              broken={editor.broken}
              refusal={editor.refusal}
              isReadOnly={isReadOnly}
            />
          )}
          <PanelFoot
            editor={editor}
            chosen={chosen}
            exemptions={exemptions}
            canSave={(isUnsaved || isAdded) && !isGone}
            isReadOnly={isReadOnly}
            saveRef={button}
            onSave={() => void save()}
            onClose={onClose}
          >
            <Notices ref={notices}>
              <EditNotices
                editor={editor}
                group={group}
                isGone={isGone}
                isTooMuch={isTooMuch}
                isReadOnly={isReadOnly}
                exemptions={exemptions}
              />
            </Notices>
          </PanelFoot>
        </>
      )}
      <LeaveDialog
        guard={guard}
        unsaved={isUnsaved ? summaryOf(draft, exemptions.length) : null}
        isChosen={chosen.isAny}
        isSaving={editor.isSaving}
        made={startsNew && draft.base.version === 1 ? name : null}
      />
    </section>
  );
}
