import { session } from "../../sign-in/session";
import { forgetDrafts } from "../panel/storage";

/** Ends the session, and forgets what is unsaved. */
export function signOut(): void {
  forgetDrafts();
  void session.signOut();
}
