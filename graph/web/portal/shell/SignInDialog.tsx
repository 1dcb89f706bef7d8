import "./signIn.css";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { session } from "../../sign-in/session";
import { useMessages } from "../messages/useMessages";
import { SignInForm } from "./SignInForm";
import { signOut } from "./signOut";

interface SignInDialogProps {
  /** Another token is asked for. If not, the sign-in has expired. */
  readonly isChange: boolean;
}

/** Signs in above the page, which stays as it is. */
export function SignInDialog({ isChange }: SignInDialogProps) {
  const messages = useMessages();
  const change = messages.changeSignIn(session.method === "token");
  return (
    <ModalOverlay className="dialog-overlay" isOpen isKeyboardDismissDisabled>
      <Modal className="dialog-modal">
        <Dialog className="dialog">
          <Heading slot="title">{isChange ? change : messages.signInAgainTitle}</Heading>
          <p>{isChange ? messages.changeSignInText : messages.signInAgainText}</p>
          <SignInForm />
          <button
            type="button"
            className="button quiet"
            onClick={isChange ? () => session.change(false) : signOut}
          >
            {isChange ? messages.cancel : messages.leaveSignedOut}
          </button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
