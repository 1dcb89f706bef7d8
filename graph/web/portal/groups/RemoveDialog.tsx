import { useEffect, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useFormats, useMessages } from "../messages/useMessages";
import { ConflictText } from "./ConflictText";
import type { GroupRowFragment } from "./groups.graphql";
import { useRemoval } from "./useRemoval";

interface RemoveDialogProps {
  readonly group: GroupRowFragment;
  /** Called with the group once it is gone, with null if it stays. */
  readonly onClose: (removed: GroupRowFragment | null) => void;
}

/** Asks before a group is deleted, and shows what another person has changed in the meantime. */
export function RemoveDialog({ group: current, onClose }: RemoveDialogProps) {
  const messages = useMessages();
  const formats = useFormats();
  // As it was seen when Delete was pressed: a change by others under the dialog is a conflict.
  const [group] = useState(current);
  const [removal, remove] = useRemoval(group);
  const isOver = removal.step === "done";
  useEffect(() => {
    if (isOver) onClose(group);
  }, [isOver, onClose, group]);

  const close = (): void => onClose(removal.step === "gone" ? group : null);
  return (
    <ModalOverlay className="dialog-overlay" isOpen onOpenChange={(isOpen) => !isOpen && close()}>
      <Modal className="dialog-modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{messages.removeTitle(group.name)}</Heading>
          <div role="status" className="dialog-text">
            {(removal.step === "asking" || removal.step === "running") && (
              <p>{messages.removeText(group.memberCount, formats.number(group.memberCount))}</p>
            )}
            {removal.step === "conflict" && <ConflictText before={group} now={removal.now} />}
            {removal.step === "gone" && <p className="notice-box">{messages.alreadyGone}</p>}
            {removal.step === "failed" && (
              <p className="notice-box error">
                {messages.notRemoved} {removal.message ?? messages.noAnswer}
              </p>
            )}
          </div>
          <div className="dialog-buttons">
            {removal.step === "gone" ? (
              <Button className="button primary" onPress={close}>
                {messages.close}
              </Button>
            ) : (
              <>
                <Button className="button" onPress={close}>
                  {messages.cancel}
                </Button>
                <Button
                  className="button danger-filled"
                  isPending={removal.step === "running"}
                  onPress={() => void remove()}
                >
                  {removal.step === "conflict"
                    ? messages.removeAnyway
                    : removal.step === "failed"
                      ? messages.tryAgain
                      : removal.step === "running"
                        ? messages.removing
                        : messages.remove}
                </Button>
              </>
            )}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
