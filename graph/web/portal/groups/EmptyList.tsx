import { useMessages } from "../messages/useMessages";

/** The list has no rows: why, and what to do. */
export function EmptyList({ search, canWrite }: { readonly search: string; readonly canWrite: boolean }) {
  const messages = useMessages();
  return (
    <div className="empty">
      <p>{search === "" ? messages.none : messages.noneFound(search)}</p>
      {search === "" && canWrite && <p className="quiet">{messages.noneHint}</p>}
    </div>
  );
}
