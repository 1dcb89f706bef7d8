import "./signIn.css";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useMessages } from "../messages/useMessages";
import { SignInForm } from "./SignInForm";
import { signOut } from "./signOut";

/** The sign-in has expired: sign in above the page, which stays as it is. */
export function SignInDialog() {
  const messages = useMessages();
  return (
    <ModalOverlay className="dialog-overlay" isOpen isKeyboardDismissDisabled>
      <Modal className="dialog-modal">
        <Dialog className="dialog">
          <Heading slot="title">{messages.signInAgainTitle}</Heading>
          <p>{messages.signInAgainText}</p>
          <SignInForm />
          <button type="button" className="button quiet" onClick={signOut}>
            {messages.signOut}
          </button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
