import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useMessages } from "../messages/useMessages";

/** The server was open when the page was loaded, and now asks for a sign-in, which a new page offers. */
export function ReloadDialog() {
  const messages = useMessages();
  return (
    <ModalOverlay className="dialog-overlay" isOpen isKeyboardDismissDisabled>
      <Modal className="dialog-modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{messages.closedTitle}</Heading>
          <p>{messages.closedText}</p>
          <div className="dialog-buttons">
            <button type="button" className="button primary" onClick={() => location.reload()}>
              {messages.reload}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
