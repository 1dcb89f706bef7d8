import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { Summary } from "./summary";
import type { LeaveGuard } from "./useLeaveGuard";
import { useWords } from "./useWords";

interface LeaveDialogProps {
  readonly guard: LeaveGuard;
  /** What is not saved; null if nothing is. */
  readonly unsaved: Summary | null;
  /** Users are chosen, but not moved to the other list. */
  readonly isChosen: boolean;
  /** A Save of it is on its way, which leaving does not stop. */
  readonly isSaving: boolean;
  /** The group that this work has made, and that has no users yet. */
  readonly made: string | null;
}

/** Unsaved work is about to be lost: stay, or leave all the same. */
export function LeaveDialog({ guard, unsaved, isChosen, isSaving, made }: LeaveDialogProps) {
  const words = useWords();
  return (
    <ModalOverlay
      className="dialog-overlay"
      isOpen={guard.isAsking}
      onOpenChange={(isOpen) => {
        if (!isOpen) {
          guard.stay();
        }
      }}
    >
      <Modal className="dialog-modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{words.leaveTitle}</Heading>
          {unsaved && <p>{words.unsaved(unsaved)}</p>}
          {isChosen && <p>{words.leaveChosenText}</p>}
          {isSaving && <p>{words.leaveSavingText}</p>}
          {made !== null && <p>{words.leaveMadeText(made)}</p>}
          <div className="dialog-buttons">
            <Button className="button primary" onPress={guard.stay}>
              {words.stay}
            </Button>
            <Button className="button" onPress={guard.confirm}>
              {words.leave}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
