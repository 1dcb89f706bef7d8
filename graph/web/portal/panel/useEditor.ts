/** The work on one group: the draft, its Save, what went wrong with it, and a conflict with another person's work. */

import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useClient } from "urql";

import { type Conflict, readConflict } from "./conflict";
import { type Draft, type DraftAction, draftOf, type Group, isChanged, reduceDraft } from "./draft";
import type { Failure } from "./failure";
import { type Broken, saveGroup } from "./save";
import { keepDraft, keptDraft } from "./storage";
import { noViolations } from "./violations";

export type Problem = Failure | { readonly kind: "gone" };

export interface Saved {
  readonly name: string;
  readonly exemptionsEnded: readonly string[];
}

export interface Editor {
  readonly draft: Draft;
  readonly act: (action: DraftAction) => void;
  readonly isUnsaved: boolean;
  readonly wasRestored: boolean;
  readonly isSaving: boolean;
  /** Resolves to whether nothing has been changed in the meantime. */
  readonly save: () => Promise<boolean>;
  readonly broken: Broken;
  readonly problem: Problem | null;
  readonly saved: Saved | null;
  readonly conflict: Conflict | null;
  readonly showConflict: () => Promise<void>;
  /** Leave the conflict: with one's own changes on top of the current group, or without them. */
  readonly settle: (how: "apply" | "drop") => void;
  /** Throw away what is not saved. */
  readonly forget: () => void;
  /** The changes that the server has taken: another object whenever its lists may have changed. */
  readonly settled: Draft;
}

/** What the draft starts anew from. */
type Start = Extract<DraftAction, { readonly type: "replaced" | "saved" }>;

export function useEditor(group: Group): Editor {
  const client = useClient();
  const [kept] = useState(() => keptDraft(group.id));
  const [draft, act] = useReducer(reduceDraft, kept ?? draftOf(group));
  const [broken, setBroken] = useState<Broken>(noViolations);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState<Saved | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [settled, setSettled] = useState(draft);
  const isUnsaved = isChanged(draft);

  useEffect(() => {
    if (isUnsaved) {
      keepDraft(draft.base.id, draft);
    } else {
      keepDraft(draft.base.id, null);
    }
  }, [draft, isUnsaved]);

  // One goes on working while the server answers.
  const latest = useRef(draft);
  useEffect(() => {
    latest.current = draft;
  }, [draft]);

  const start = useCallback((action: Start) => {
    act(action);
    setBroken(noViolations);
    setProblem(null);
    setConflict(null);
    setSettled(action.type === "saved" ? action.sent : draftOf(action.draft.base));
  }, []);

  // Another person has changed the group, and there is nothing of one's own to lose: show it as it is.
  if (group.version > draft.base.version && !isUnsaved && !isSaving && !conflict) {
    start({ type: "replaced", draft: draftOf(group) });
  }

  const showConflict = useCallback(async () => {
    const { base } = latest.current;
    let draft: Draft;
    let found: Conflict | Problem;
    // One goes on working while it is read, and what it shows takes the place of the draft: so it is read of the last.
    do {
      draft = latest.current;
      found = await readConflict(client, draft);
    } while (!("kind" in found) && latest.current !== draft && latest.current.base === base);
    if (latest.current.base !== base) {
      return; // The draft has started anew.
    }
    // At once, or a key pressed before it is drawn would be lost.
    flushSync(() => {
      if ("kind" in found) {
        setProblem(found);
      } else {
        setProblem(null);
        setConflict(found);
      }
    });
  }, [client]);

  const save = useCallback(async () => {
    setSaving(true);
    setSaved(null);
    const outcome = await saveGroup(client, draft);
    const isSame = latest.current === draft;
    setBroken(outcome.kind === "refused" ? outcome.broken : noViolations);
    setProblem(null);
    if (outcome.kind === "saved") {
      setSaved({ name: outcome.group.name, exemptionsEnded: outcome.exemptionsEnded });
      start({ type: "saved", sent: draft, group: outcome.group });
    } else if (outcome.kind === "conflict") {
      await showConflict();
    } else if (outcome.kind !== "refused") {
      setProblem(outcome);
    }
    setSaving(false);
    return isSame;
  }, [client, draft, showConflict, start]);

  return {
    draft,
    act: useCallback((action: DraftAction) => {
      setSaved(null);
      act(action);
    }, []),
    isUnsaved,
    wasRestored: kept !== null,
    isSaving,
    save,
    broken,
    problem,
    saved,
    conflict,
    showConflict,
    settle: useCallback(
      (how) => {
        if (conflict) {
          start({ type: "replaced", draft: how === "apply" ? conflict.merge.draft : draftOf(conflict.current) });
        }
      },
      [conflict, start],
    ),
    forget: useCallback(() => {
      keepDraft(group.id, null);
    }, [group.id]),
    settled,
  };
}
