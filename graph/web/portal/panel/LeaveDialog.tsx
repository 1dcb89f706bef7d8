import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import type { LeaveGuard } from "./useLeaveGuard";
import { useWords } from "./useWords";

/** Unsaved work is about to be lost: stay, or leave all the same. */
export function LeaveDialog({ guard }: { readonly guard: LeaveGuard }) {
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
          <p>{words.leaveText}</p>
          <div className="panel-buttons">
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
