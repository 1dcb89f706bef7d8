import { session } from "../../sign-in/session";
import { subjectOf } from "../../sign-in/subject";
import { leave } from "../address";
import { dropRefused } from "../api/fetch";
import { forgetDrafts } from "../panel/storage";

/** Ends the session. What the person has not saved is forgotten, once they agree to that; another person's work stays. */
export function signOut(): void {
  leave(() => {
    const { token } = session.get();
    if (token !== null) forgetDrafts(subjectOf(token));
    dropRefused();
    void session.signOut();
  });
}
