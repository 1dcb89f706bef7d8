/** The work on one group: the draft, its Save, what went wrong with it, and a conflict with another person's work. */

import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useClient } from "urql";

import { subjectOf } from "../../sign-in/subject";
import { useSession } from "../../sign-in/useSession";
import { useShown } from "../ui/useShown";
import { type Conflict, readConflict } from "./conflict";
import { type Draft, type DraftAction, draftOf, type Group, isChanged, isNew, reduceDraft } from "./draft";
import type { Failure } from "./failure";
import { type Broken, type BrokenRule, groupedIn, saveGroup } from "./save";
import { keepDraft, keptDraft } from "./storage";
import { type Summary, summaryOf } from "./summary";
import { useOtherPerson } from "./useOtherPerson";
import { noViolations, violationsAfter } from "./violations";

export type Problem = Failure | { readonly kind: "gone" };

export interface Saved {
  readonly name: string;
  /** The group was made by this Save. */
  readonly isNew: boolean;
  /** Who came from which group. */
  readonly moved: Summary["moving"];
  readonly exemptionsEnded: readonly string[];
}

export interface Editor {
  readonly draft: Draft;
  readonly act: (action: DraftAction) => void;
  readonly isUnsaved: boolean;
  /** What is unsaved was begun by another person than the one who is signed in. */
  readonly isOtherPerson: boolean;
  /** Where the unsaved changes come from, if not from the work in this view: the storage, or a conflict. */
  readonly source: "kept" | "merged" | null;
  readonly isSaving: boolean;
  /** Resolves with the rules that were broken. */
  readonly save: () => Promise<Broken>;
  readonly broken: Broken;
  /** The rules that the last Save has broken, as it was answered: another object each time, and null if there are none. */
  readonly refusal: Broken | null;
  /** The name that a Save sent that got no answer: the group may have been made. */
  readonly unanswered: string | null;
  readonly problem: Problem | null;
  readonly saved: Saved | null;
  /** What the last Save has led to is not said any more. */
  readonly dismiss: () => void;
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

/** `group` is as the server has it, or the one that is not made yet. */
export function useEditor(siteId: string, group: Group): Editor {
  const client = useClient();
  const { token } = useSession();
  const [kept] = useState(() =>
    keptDraft({ siteId, groupId: group.id, subject: token === null ? null : subjectOf(token) }),
  );
  const [source, setSource] = useState<Editor["source"]>(kept ? "kept" : null);
  const [draft, act] = useReducer(reduceDraft, kept ?? draftOf(group));
  const [broken, setBroken] = useState<Broken>(noViolations);
  const [refusal, setRefusal] = useState<Broken | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState<Saved | null>(null);
  const [unanswered, setUnanswered] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [isSaving, setSaving] = useState(false);
  // Not the draft itself: a draft that was kept may be saved as it is, and the lists must hear of that.
  const [settled, setSettled] = useState(() => draftOf(group));
  const isUnsaved = isChanged(draft);
  // What was refused before may be permitted with another token.
  const [lastToken, setLastToken] = useState(token);
  if (token !== null && token !== lastToken) {
    setLastToken(token);
    setProblem((now) => (now?.kind === "gone" ? now : null));
  }
  const { author, isOther } = useOtherPerson(isUnsaved);
  const groupId = draft.base.id;
  const place = useMemo(() => ({ siteId, groupId, subject: author }), [siteId, groupId, author]);
  useEffect(() => keepDraft(place, isUnsaved ? draft : null), [place, draft, isUnsaved]);

  // One goes on working while the server answers.
  const latest = useRef(draft);
  useEffect(() => {
    latest.current = draft;
  }, [draft]);
  const isShown = useShown();

  const start = useCallback((action: Start) => {
    act(action);
    setBroken(noViolations);
    setProblem(null);
    setConflict(null);
    setSource(null);
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
    setSource(null);
    const outcome = await saveGroup(client, siteId, draft);
    const refused = outcome.kind === "refused" ? outcome.broken : noViolations<BrokenRule>();
    setBroken(refused);
    setRefusal(outcome.kind === "refused" ? refused : null);
    setProblem(null);
    if (outcome.kind === "saved") {
      if (isShown.current) keepDraft(place, null);
      const { moving: moved } = summaryOf(draft, 0);
      setSaved({ name: outcome.group.name, isNew: isNew(draft), moved, exemptionsEnded: outcome.exemptionsEnded });
      start({ type: "saved", sent: draft, group: outcome.group });
    } else if (outcome.kind === "conflict") {
      await showConflict();
    } else if (outcome.kind === "refused") {
      act({ type: "grouped", ids: groupedIn(refused) });
    } else {
      setProblem(outcome);
      if (outcome.kind === "unreachable" || outcome.kind === "busy") setUnanswered(draft.name);
    }
    setSaving(false);
    return refused;
  }, [client, siteId, place, draft, showConflict, start, isShown]);

  return {
    draft,
    act: useCallback((action: DraftAction) => {
      setSaved(null);
      setBroken((now) => violationsAfter(now, action));
      act(action);
    }, []),
    isUnsaved,
    isOtherPerson: isOther,
    source,
    isSaving,
    save,
    broken,
    refusal,
    unanswered,
    problem,
    saved,
    dismiss: useCallback(() => {
      setSaved(null);
      setProblem((now) => (now?.kind === "gone" ? now : null));
    }, []),
    conflict,
    showConflict,
    settle: useCallback(
      (how) => {
        if (conflict) {
          const isApplied = how === "apply";
          start({ type: "replaced", draft: isApplied ? conflict.merge.draft : draftOf(conflict.current) });
          setSource(isApplied ? "merged" : null);
        }
      },
      [conflict, start],
    ),
    forget: useCallback(() => keepDraft(place, null), [place]),
    settled,
  };
}
