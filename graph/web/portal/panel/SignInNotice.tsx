import { Button } from "react-aria-components";

import { session } from "../../sign-in/session";
import { useMessages } from "../messages/useMessages";
import { useWords } from "./useWords";

interface SignInNoticeProps {
  readonly isReadOnly: boolean;
  readonly isOtherPerson: boolean;
}

/** One has signed in again during an edit: the token cannot save it, or would in another person's name. */
export function SignInNotice({ isReadOnly, isOtherPerson }: SignInNoticeProps) {
  const words = useWords();
  const messages = useMessages();
  if (!isReadOnly && !isOtherPerson) {
    return null;
  }
  return (
    <div className="notice-box warn" role="alert">
      <p>{isReadOnly ? words.cannotSave : words.otherPerson}</p>
      {isReadOnly && (
        <Button className="button small" onPress={() => session.change(true)}>
          {messages.changeSignIn(session.method === "token")}
        </Button>
      )}
    </div>
  );
}
