import { FIRST_PAGE } from "../address";
import { useMessages } from "../messages/useMessages";
import { ViewLink } from "../ui/ViewLink";

/** The list has no rows: why, and what to do. */
export function EmptyList({ search, canWrite }: { readonly search: string; readonly canWrite: boolean }) {
  const messages = useMessages();
  return (
    <div className="empty">
      <p>{search === "" ? messages.none : messages.noneFound(search)}</p>
      {search === "" && canWrite && <p className="quiet">{messages.noneHint}</p>}
      {search !== "" && (
        <ViewLink className="button small" to={{ ...FIRST_PAGE, search: "" }}>
          {messages.showAll}
        </ViewLink>
      )}
    </div>
  );
}
