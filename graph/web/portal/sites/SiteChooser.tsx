import "./siteChooser.css";
import { useState } from "react";
import { Button, ComboBox, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import { useQuery } from "urql";
import { FIRST_PAGE, navigate, useAddress } from "../address";
import { useFormats, useMessages } from "../messages/useMessages";
import { Chevron } from "../ui/Chevron";
import { useDebounced } from "../ui/useDebounced";
import { SiteInput } from "./SiteInput";
import { SitesDocument } from "./sites.graphql";

const PAUSE_MS = 150;

/** Chooses a site among all that the caller may see: the server searches as one types. */
export function SiteChooser({ siteName }: { readonly siteName: string | null }) {
  const messages = useMessages();
  const formats = useFormats();
  const { site } = useAddress();
  // null: nothing is typed, and the field shows the site that is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = typed?.trim() ?? "";
  const search = useDebounced(wanted, PAUSE_MS);
  const [{ data, fetching, stale }] = useQuery({
    query: SitesDocument,
    variables: { search: search === "" ? null : search },
  });
  const nodes = data?.sites.nodes ?? [];
  const total = data?.sites.totalCount ?? 0;
  const isAnswered = wanted !== "" && search === wanted && !fetching && !stale;
  const only = isAnswered && total === 1 ? (nodes[0]?.id ?? null) : null;

  const choose = (key: string | number | null): void => {
    if (key === null || key === site) return;
    navigate({ ...FIRST_PAGE, site: String(key), search: "", group: "", history: false });
  };

  return (
    <ComboBox
      className="sites"
      items={nodes}
      inputValue={typed ?? siteName ?? ""}
      onInputChange={setTyped}
      // While one searches nothing is chosen: Enter takes what the arrows lead to, or the only site that is found.
      value={typed !== null || site === "" ? null : site}
      onChange={choose}
      // The field opens the list itself: a name that is restored must not open it again.
      menuTrigger="manual"
      onOpenChange={(isOpen) => {
        if (!isOpen) setTyped(null);
      }}
      onBlur={() => setTyped(null)}
      allowsEmptyCollection
    >
      <Label>{messages.chooseSite}</Label>
      <div className="sites-field">
        <SiteInput isSearching={typed !== null} only={only} onChoose={choose} />
        <Button className="sites-button" aria-label={messages.showSites}>
          <Chevron />
        </Button>
      </div>
      <Popover className="sites-popover" offset={4}>
        <ListBox
          className="sites-list"
          renderEmptyState={() => <p className="sites-note">{data ? messages.noSiteFound : messages.loading}</p>}
        >
          {(item: (typeof nodes)[number]) => (
            <ListBoxItem id={item.id} textValue={item.name} className="sites-item">
              <Text slot="label">{item.name}</Text>
              {item.mainNumber !== null && <Text slot="description">{item.mainNumber}</Text>}
            </ListBoxItem>
          )}
        </ListBox>
        {total > nodes.length && (
          <p className="sites-note">{messages.moreSites(formats.number(nodes.length), formats.number(total))}</p>
        )}
      </Popover>
    </ComboBox>
  );
}
