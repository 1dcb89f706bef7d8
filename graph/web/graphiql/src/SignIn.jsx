// The button beside the logo: signs in as the portal does, and out again. A token in the tab Headers goes before it.

import { useRef } from "react";
import { session } from "../../sign-in/session";
import { useSession } from "../../sign-in/useSession";

export function SignIn() {
  const state = useSession();
  const dialog = useRef(null);
  if (session.method === "none" || state.status === "starting") return null;
  if (state.status === "signed-in") return <Button onClick={() => session.signOut()}>Sign out</Button>;
  const label = state.status === "expired" ? "Sign in again" : "Sign in";
  if (session.method === "token") {
    return (
      <>
        <Button onClick={() => dialog.current.showModal()}>{label}</Button>
        <TokenDialog ref={dialog} problem={state.problem} />
      </>
    );
  }
  return (
    <>
      <Button onClick={() => session.signIn()}>{label}</Button>
      {state.problem && <span className="pickup-problem">{state.problem.detail}</span>}
    </>
  );
}

function Button({ onClick, children }) {
  return (
    <button type="button" className="graphiql-un-styled pickup-button" onClick={onClick}>
      {children}
    </button>
  );
}

const PROBLEMS = {
  "server-unreachable": "The server does not answer. Try again in a moment.",
  "not-a-token": "This is not a token.",
  "token-refused": "The server does not take this token.",
};

function TokenDialog({ ref, problem }) {
  async function submit(event) {
    event.preventDefault();
    await session.signIn(new FormData(event.target).get("token"));
  }
  return (
    <dialog ref={ref} className="pickup-dialog" aria-label="Sign in">
      <form onSubmit={submit}>
        <label>
          Token
          <input name="token" type="password" autoComplete="off" required autoFocus />
        </label>
        {problem && <p role="alert">{PROBLEMS[problem.kind]}</p>}
        <button type="submit" className="graphiql-un-styled pickup-button">
          Sign in
        </button>
        <button type="button" className="graphiql-un-styled pickup-button" onClick={() => ref.current.close()}>
          Cancel
        </button>
      </form>
    </dialog>
  );
}
