import { useState } from "react";

import { subjectOf } from "../../sign-in/subject";
import { useSession } from "../../sign-in/useSession";

/** Whether another person is signed in than when the unsaved work was begun. */
export function useOtherPerson(isUnsaved: boolean): boolean {
  const { token } = useSession();
  const subject = token === null ? null : subjectOf(token);
  const [author, setAuthor] = useState(subject);
  // Without a token, for a while, the page is still that of the author.
  if (!isUnsaved && token !== null && subject !== author) {
    setAuthor(subject);
  }
  return isUnsaved && token !== null && subject !== author;
}
