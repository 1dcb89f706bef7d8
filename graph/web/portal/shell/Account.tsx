import { session } from "../../sign-in/session";
import { useMessages } from "../messages/useMessages";
import { signOut } from "./signOut";
import type { Viewer } from "./useViewer";

/** Who is signed in, and the way out; nothing on an open server. */
export function Account({ viewer }: { readonly viewer: Viewer | null }) {
  const messages = useMessages();
  if (session.method === "none") return null;
  return (
    <div className="account">
      {viewer && (
        <span className="account-name" title={messages.signedInAs(viewer.subject)}>
          <span className="visually-hidden">{messages.signedInAs("")}</span>
          {viewer.subject}
        </span>
      )}
      <button type="button" className="button small" onClick={signOut}>
        {messages.signOut}
      </button>
    </div>
  );
}
