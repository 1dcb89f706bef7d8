import { useState } from "react";

import { subjectOf } from "../../sign-in/subject";
import { useSession } from "../../sign-in/useSession";

/** Whose the work is, by the subject of the token, and whether another person is signed in than when it was begun. */
export function useOtherPerson(isUnsaved: boolean): { readonly author: string | null; readonly isOther: boolean } {
  const { token } = useSession();
  const subject = token === null ? null : subjectOf(token);
  const [author, setAuthor] = useState(subject);
  // Without a token, for a while, the page is still that of the author.
  if (!isUnsaved && token !== null && subject !== author) {
    setAuthor(subject);
  }
  return { author, isOther: isUnsaved && token !== null && subject !== author };
}
