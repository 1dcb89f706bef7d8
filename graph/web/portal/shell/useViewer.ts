import { useQuery } from "urql";
import { ViewerDocument } from "./viewer.graphql";

export interface Viewer {
  readonly subject: string;
  readonly canWrite: boolean;
}

/** Who uses the page; null until it is known. */
export function useViewer(): Viewer | null {
  const [{ data }] = useQuery({ query: ViewerDocument });
  return data ? { subject: data.viewer.subject, canWrite: data.viewer.permissions.includes("WRITE") } : null;
}
