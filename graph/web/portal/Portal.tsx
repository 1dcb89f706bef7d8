import "./portal.css";
import { useAddress } from "./address";
import { useMessages } from "./messages/useMessages";
import { Header } from "./shell/Header";
import { Unreachable } from "./shell/Unreachable";
import { useFirstFocus } from "./shell/useFirstFocus";
import { useViewer } from "./shell/useViewer";
import { NoSite } from "./sites/NoSite";
import { useSite } from "./sites/useSite";
import { useTitle } from "./ui/useTitle";
import { View } from "./View";

interface PortalProps {
  /** It follows on the sign-in page. */
  readonly takesFocus: boolean;
}

/** The page of a person who may use it: the header, and the view that the address names. */
export function Portal({ takesFocus }: PortalProps) {
  const { site: id, group } = useAddress();
  const messages = useMessages();
  const site = useSite(id);
  const viewer = useViewer();
  useFirstFocus(takesFocus, site.status !== "loading");
  // Until it is known who it is; the server decides in any case.
  const canWrite = viewer?.canWrite ?? true;

  useTitle("page", [site.name, messages.title, messages.product].filter((part) => part !== null).join(" – "));

  return (
    <>
      <a className="skip" href="#content">
        {messages.skipToContent}
      </a>
      <Header viewer={viewer} siteName={site.name} />
      <Unreachable />
      <main id="content" tabIndex={-1}>
        {/* The panel says so itself. */}
        {!canWrite && group === "" && <p className="notice-box read-only">{messages.readOnly}</p>}
        {site.status === "known" ? (
          <View siteName={site.name ?? ""} canWrite={canWrite} />
        ) : (
          <NoSite status={site.status} />
        )}
      </main>
    </>
  );
}
