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
      <button type="button" className="button small sign-out" onClick={signOut}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M6.5 2.5h-4v11h4M6 8h8m-3-3 3 3-3 3" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
        </svg>
        <span>{messages.signOut}</span>
      </button>
    </div>
  );
}
