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

/** Which site, which language, who. While a group is open its site stays: nothing unsaved is left by the header. */
export function Header({ viewer, siteName }: HeaderProps) {
  const messages = useMessages();
  const { site, group } = useAddress();
  const isOpen = group !== "";
  const brand = (
    <>
      <Mark />
      <span>{messages.product}</span>
    </>
  );
  return (
    <header className="top">
      <div className="top-inner">
        {isOpen ? (
          <span className="brand">{brand}</span>
        ) : (
          <ViewLink className="brand" to={{ ...FIRST_PAGE, search: "", order: "name" }}>
            {brand}
          </ViewLink>
        )}
        <div className="top-site">
          {isOpen ? <span className="top-site-name">{siteName}</span> : <SiteChooser key={site} siteName={siteName} />}
        </div>
        <LanguageSwitch />
        <Account viewer={viewer} />
      </div>
    </header>
  );
}
