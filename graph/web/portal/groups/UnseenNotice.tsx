import { FIRST_PAGE } from "../address";
import { useMessages } from "../messages/useMessages";
import { ViewLink } from "../ui/ViewLink";
import { UNSEEN_ID } from "./useListFocus";

/** As many words as a search may have. */
const MOST_TERMS = 10;

interface UnseenNoticeProps {
  /** The name of the group that was open just now and is not on this page of the list. */
  readonly name: string | null;
  readonly search: string;
}

export function UnseenNotice({ name, search }: UnseenNoticeProps) {
  const messages = useMessages();
  return (
    <div role="status" className="news">
      {name !== null && (
        <p className="news-line">
          <span>{search === "" ? messages.onOtherPage(name) : messages.notAmongFound(name)}</span>
          <ViewLink
            id={UNSEEN_ID}
            className="button small"
            to={{ ...FIRST_PAGE, search: name.split(/\s+/).slice(0, MOST_TERMS).join(" ") }}
          >
            {messages.showGroup(name)}
          </ViewLink>
        </p>
      )}
    </div>
  );
}
