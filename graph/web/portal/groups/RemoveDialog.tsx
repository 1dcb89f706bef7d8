import { useEffect, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useMessages } from "../messages/useMessages";
import { ConflictText } from "./ConflictText";
import type { GroupRowFragment } from "./groups.graphql";
import { REMOVE_TEXT_ID, RemoveText } from "./RemoveText";
import { useRemoval } from "./useRemoval";

interface RemoveDialogProps {
  readonly group: GroupRowFragment;
  /** Called once the group is gone, with null if it stays. */
  readonly onClose: (removed: Removed | null) => void;
}

export interface Removed {
  readonly id: string;
  readonly name: string;
  /** So many users are available now. */
  readonly released: number;
}

/** Asks before a group is deleted, and shows what another person has changed in the meantime. */
export function RemoveDialog({ group: current, onClose }: RemoveDialogProps) {
  const messages = useMessages();
  // As it was seen when Delete was pressed: a change made under the dialog is a conflict.
  const [group] = useState(current);
  const [removal, remove] = useRemoval(group);
  const { id, name } = group;
  const released = removal.step === "done" ? removal.released : null;
  useEffect(() => {
    if (released !== null) onClose({ id, name, released });
  }, [released, onClose, id, name]);

  const isRunning = removal.step === "running";
  // A deletion that is under way cannot be called back.
  const close = (): void => {
    if (!isRunning) onClose(removal.step === "gone" ? { id, name, released: 0 } : null);
  };
  return (
    <ModalOverlay className="dialog-overlay" isOpen onOpenChange={(isOpen) => !isOpen && close()}>
      <Modal className="dialog-modal">
        <Dialog role="alertdialog" className="dialog" aria-describedby={REMOVE_TEXT_ID}>
          <Heading slot="title">{messages.removeTitle(group.name)}</Heading>
          {(removal.step === "asking" || isRunning) && <RemoveText group={group} />}
          <div role="status" className="dialog-text">
            {removal.step === "conflict" && <ConflictText before={group} now={removal.now} />}
            {removal.step === "gone" && <p className="notice-box">{messages.alreadyGone}</p>}
            {removal.step === "failed" && (
              <p className="notice-box error">
                {removal.message === null ? messages.noAnswer : `${messages.notRemoved} ${removal.message}`}
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
                <Button className="button" isDisabled={isRunning} onPress={close}>
                  {messages.cancel}
                </Button>
                <Button
                  className="button danger-filled"
                  isPending={isRunning}
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
