import { useFormats, useMessages } from "../messages/useMessages";
import type { News } from "./useNews";

/** Groups that others have added since the list was read: shown on request, so that no row jumps. */
export function NewsNotice({ news, onShow }: { readonly news: News; readonly onShow: () => void }) {
  const messages = useMessages();
  const formats = useFormats();
  const count = news.created.size;
  const text = news.isIncomplete ? messages.listChanged : messages.newGroups(count, formats.number(count));
  return (
    <div role="status" className="news">
      {(count > 0 || news.isIncomplete) && (
        <p className="news-line">
          <span>{text}</span>
          <button type="button" className="button small" onClick={onShow}>
            {messages.show}
          </button>
        </p>
      )}
    </div>
  );
}
