import { session } from "../../sign-in/session";
import { leave } from "../address";
import { dropRefused } from "../api/fetch";
import { forgetDrafts } from "../panel/storage";

/** Ends the session. What is unsaved is forgotten, once the person agrees to that. */
export function signOut(): void {
  leave(() => {
    forgetDrafts();
    dropRefused();
    void session.signOut();
  });
}
