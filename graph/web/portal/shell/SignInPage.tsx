import "./signIn.css";
import { useSession } from "../../sign-in/useSession";
import { useMessages } from "../messages/useMessages";
import { LanguageSwitch } from "./LanguageSwitch";
import { Mark } from "./Mark";
import { SignInForm } from "./SignInForm";

/** The page of a person who is not signed in. */
export function SignInPage() {
  const messages = useMessages();
  const { status } = useSession();
  return (
    <main className="centred sign-in">
      <Mark />
      <h1>{messages.signInTitle}</h1>
      {status === "starting" ? <p role="status">{messages.loading}</p> : <SignInForm />}
      <LanguageSwitch />
    </main>
  );
}
