import { useSession } from "../../sign-in/useSession";
import { useMessages } from "../messages/useMessages";

/** Why the last attempt to sign in did not work. */
export function SignInProblem() {
  const messages = useMessages();
  const state = useSession();
  const problem = "problem" in state ? state.problem : undefined;
  if (!problem) return null;
  const texts = {
    "not-a-token": messages.notAToken,
    "token-refused": messages.tokenRefused,
    "server-unreachable": messages.signInUnreachable,
    "provider-failed": problem.kind === "provider-failed" ? messages.providerFailed(problem.detail) : "",
  };
  return (
    <p role="alert" className="notice-box error">
      {texts[problem.kind]}
    </p>
  );
}
