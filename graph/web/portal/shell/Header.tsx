import "./header.css";
import { FIRST_PAGE, useAddress } from "../address";
import { useMessages } from "../messages/useMessages";
import { SiteChooser } from "../sites/SiteChooser";
import { ViewLink } from "../ui/ViewLink";
import { Account } from "./Account";
import { LanguageSwitch } from "./LanguageSwitch";
import { Mark } from "./Mark";
import type { Viewer } from "./useViewer";

interface HeaderProps {
  readonly viewer: Viewer | null;
  readonly siteName: string | null;
}

/** Which site, which language, who. While a group is open its site stays. */
export function Header({ viewer, siteName }: HeaderProps) {
  const messages = useMessages();
  const { site, group } = useAddress();
  const isOpen = group !== "";
  return (
    <header className="top">
      <div className="top-inner">
        <ViewLink className="brand" to={{ ...FIRST_PAGE, search: "", order: "name", group: "", history: false }}>
          <Mark />
          <span>{messages.product}</span>
        </ViewLink>
        <div className="top-site">
          {isOpen ? <span className="top-site-name">{siteName}</span> : <SiteChooser key={site} siteName={siteName} />}
        </div>
        <LanguageSwitch />
        <Account viewer={viewer} />
      </div>
    </header>
  );
}
