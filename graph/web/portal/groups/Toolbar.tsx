import { ViewLink } from "../ui/ViewLink";
import type { Address } from "../address";
import { useMessages } from "../messages/useMessages";
import { OrderChoice } from "./OrderChoice";
import { SearchField } from "./SearchField";

/** Of the link to the history. */
export const HISTORY_ID = "site-history";

/** Above the list: search, order, history. */
export function Toolbar({ address }: { readonly address: Address }) {
  const messages = useMessages();
  return (
    <div className="toolbar">
      <SearchField search={address.search} />
      <OrderChoice order={address.order} />
      <ViewLink id={HISTORY_ID} className="button toolbar-history" to={{ history: true }}>
        {messages.siteHistory}
      </ViewLink>
    </div>
  );
}
