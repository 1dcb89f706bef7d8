import "./portal.css";
import { useEffect } from "react";
import { useAddress } from "./address";
import { GroupList } from "./groups/GroupList";
import { useMessages } from "./messages/useMessages";
import { OpenGroup } from "./OpenGroup";
import { Header } from "./shell/Header";
import { Unreachable } from "./shell/Unreachable";
import { NoSite } from "./sites/NoSite";
import { useSite } from "./sites/useSite";
import { useViewer } from "./shell/useViewer";

/** The page of a person who may use it: the header, and the view that the address names. */
export function Portal() {
  const address = useAddress();
  const messages = useMessages();
  const site = useSite(address.site);
  const viewer = useViewer();

  useEffect(() => {
    const parts = [site.name, messages.title, messages.product];
    document.title = parts.filter((part) => part !== null).join(" – ");
  }, [site.name, messages]);

  return (
    <>
      <a className="skip" href="#content">
        {messages.skipToContent}
      </a>
      <Header viewer={viewer} siteName={site.name} />
      <Unreachable />
      <main id="content" tabIndex={-1}>
        {viewer && !viewer.canWrite && <p className="notice-box read-only">{messages.readOnly}</p>}
        {site.status === "known" && address.group !== "" && (
          <OpenGroup siteId={address.site} groupId={address.group} canWrite={viewer?.canWrite ?? false} />
        )}
        {site.status === "known" && address.group === "" && (
          <GroupList
            key={address.site}
            siteId={address.site}
            siteName={site.name ?? ""}
            canWrite={viewer?.canWrite ?? false}
          />
        )}
        {site.status !== "known" && <NoSite status={site.status} />}
      </main>
    </>
  );
}
