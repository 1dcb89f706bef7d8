import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useClient } from "urql";

import { draftOf } from "./draft";
import type { Failure } from "./failure";
import { LeaveDialog } from "./LeaveDialog";
import { NameField } from "./NameField";
import { ProblemNotice } from "./ProblemNotice";
import { type Broken, createGroup } from "./save";
import { SlowNotice } from "./SlowNotice";
import { keepDraft, keptText } from "./storage";
import { useLeaveGuard } from "./useLeaveGuard";
import { useWords } from "./useWords";
import { countViolations, noViolations } from "./violations";

interface NewGroupProps {
  readonly siteId: string;
  readonly onClose: () => void;
  readonly onCreated: (groupId: string) => void;
  readonly onOpen?: ((groupId: string) => void) | undefined;
}

/** The first step of Add: the name. The list of available users fills once it is saved. */
export function NewGroup({ siteId, onClose, onCreated, onOpen }: NewGroupProps) {
  const words = useWords();
  const client = useClient();
  const place = `new.${siteId}`;
  const [name, setName] = useState(() => keptText(place));
  const typed = useRef(name);
  const [isMissing, setMissing] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [broken, setBroken] = useState<Broken>(noViolations);
  const [problem, setProblem] = useState<Failure | null>(null);
  const guard = useLeaveGuard(
    name.trim() !== "",
    useCallback(() => {
      keepDraft(place, null);
    }, [place]),
  );
  useEffect(() => {
    keepDraft(place, name === "" ? null : name);
  }, [place, name]);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function save(): Promise<void> {
    setMissing(name.trim() === "");
    if (name.trim() === "" || isSaving) {
      return;
    }
    setSaving(true);
    const outcome = await createGroup(client, siteId, name);
    setSaving(false);
    setBroken(outcome.kind === "refused" ? outcome.broken : noViolations);
    setProblem(null);
    if (outcome.kind === "saved") {
      keepDraft(place, null);
      // One has gone on typing while the server answered.
      if (typed.current !== name) {
        keepDraft(outcome.group.id, { ...draftOf(outcome.group), name: typed.current });
      }
      guard.release();
      onCreated(outcome.group.id);
    } else if (outcome.kind !== "refused" && outcome.kind !== "conflict" && outcome.kind !== "gone") {
      setProblem(outcome);
    }
  }

  return (
    <section className="panel" aria-labelledby="panel-title">
      <header className="panel-head">
        <h2 id="panel-title">{words.newGroup}</h2>
      </header>
      {problem && <ProblemNotice problem={problem} />}
      {isSaving && <SlowNotice />}
      {countViolations(broken) > 0 && (
        <p className="notice-box error" role="alert">
          {[words.notSaved(countViolations(broken)), ...broken.group.map((one) => one.message)].join(" ")}
        </p>
      )}
      <NameField
        name={name}
        onChange={(next) => {
          typed.current = next;
          setName(next);
          setMissing(false);
        }}
        onSubmit={() => void save()}
        broken={broken.name}
        isMissing={isMissing}
        inputRef={field}
        onOpen={onOpen}
      />
      <div className="lists">
        <section className="people" aria-label={words.available}>
          <h3>{words.available}</h3>
          <p className="people-empty">{words.fillsAfterSave}</p>
        </section>
        <section className="people" aria-label={words.assigned}>
          <h3>{words.assigned}</h3>
          <p className="people-empty">{words.noneAssignedYet}</p>
        </section>
      </div>
      <footer className="panel-foot">
        <div className="panel-buttons">
          <Button className="button primary" onPress={() => void save()}>
            {isSaving ? words.saving : words.save}
          </Button>
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
      <LeaveDialog guard={guard} />
    </section>
  );
}
