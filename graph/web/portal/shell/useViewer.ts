import { useEffect, useRef } from "react";
import { useQuery } from "urql";
import { useSession } from "../../sign-in/useSession";
import { ViewerDocument } from "./viewer.graphql";

export interface Viewer {
  readonly subject: string;
  readonly canWrite: boolean;
}

/** Who uses the page; null until it is known. */
export function useViewer(): Viewer | null {
  const [{ data }, read] = useQuery({ query: ViewerDocument });
  // Another token of the same person may permit other things.
  const { token } = useSession();
  const last = useRef(token);
  useEffect(() => {
    if (token === null || token === last.current) return;
    last.current = token;
    read({ requestPolicy: "network-only" });
  }, [token, read]);
  return data ? { subject: data.viewer.subject, canWrite: data.viewer.permissions.includes("WRITE") } : null;
}
