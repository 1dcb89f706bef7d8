import "./portal.css";
import { useEffect } from "react";
import { useAddress } from "./address";
import { useMessages } from "./messages/useMessages";
import { Header } from "./shell/Header";
import { Unreachable } from "./shell/Unreachable";
import { useViewer } from "./shell/useViewer";
import { NoSite } from "./sites/NoSite";
import { useSite } from "./sites/useSite";
import { View } from "./View";

/** The page of a person who may use it: the header, and the view that the address names. */
export function Portal() {
  const { site: id, group } = useAddress();
  const messages = useMessages();
  const site = useSite(id);
  const viewer = useViewer();
  const canWrite = viewer?.canWrite ?? false;

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
        {/* The panel says so itself. */}
        {viewer && !canWrite && group === "" && <p className="notice-box read-only">{messages.readOnly}</p>}
        {site.status === "known" ? (
          <View siteName={site.name ?? ""} canWrite={canWrite} />
        ) : (
          <NoSite status={site.status} />
        )}
      </main>
    </>
  );
}
