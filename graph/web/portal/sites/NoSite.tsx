import { useMessages } from "../messages/useMessages";
import type { ChosenSite } from "./useSite";

/** What to do while no site is shown. */
export function NoSite({ status }: { readonly status: Exclude<ChosenSite["status"], "known"> }) {
  const messages = useMessages();
  if (status === "loading") return <p className="quiet">{messages.loading}</p>;
  if (status === "failed") return <p className="notice-box error">{messages.notLoaded}</p>;
  if (status === "none") return <p className="notice-box">{messages.noSites}</p>;
  const isGone = status === "gone";
  return (
    <section className="welcome">
      <h1>{isGone ? messages.siteGone : messages.chooseSiteTitle}</h1>
      <p>{isGone ? messages.siteGoneHint : messages.chooseSiteText}</p>
    </section>
  );
}
