import { useMessages } from "../messages/useMessages";
import { SiteLinks } from "./SiteLinks";
import type { ChosenSite } from "./useSite";

/** What to do while no site is shown. */
export function NoSite({ status }: { readonly status: Exclude<ChosenSite["status"], "known"> }) {
  const messages = useMessages();
  const isGone = status === "gone";
  return (
    <section className="welcome">
      <h1 tabIndex={-1}>{isGone ? messages.siteGone : status === "not-chosen" ? messages.chooseSiteTitle : messages.title}</h1>
      {status === "loading" && <p className="loading">{messages.loading}</p>}
      {status === "failed" && <p className="notice-box error">{messages.notLoaded}</p>}
      {status === "none" && <p className="notice-box">{messages.noSites}</p>}
      {isGone && <p>{messages.siteGoneHint}</p>}
      {status === "not-chosen" && (
        <>
          <p>{messages.intro}</p>
          <p>{messages.chooseSiteText}</p>
          <SiteLinks />
        </>
      )}
    </section>
  );
}
