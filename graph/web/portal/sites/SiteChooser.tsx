import "./siteChooser.css";
import { useContext, useState } from "react";
import { Button, ComboBox, ComboBoxStateContext, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import { useQuery } from "urql";
import { FIRST_PAGE, navigate, useAddress } from "../address";
import { useFormats, useMessages } from "../messages/useMessages";
import { Chevron } from "../ui/Chevron";
import { useDebounced } from "../ui/useDebounced";
import { SitesDocument } from "./sites.graphql";

const PAUSE_MS = 150;

/** Chooses a site among all that the caller may see: the server searches as one types. */
export function SiteChooser({ siteName }: { readonly siteName: string | null }) {
  const messages = useMessages();
  const formats = useFormats();
  const { site } = useAddress();
  // null: nothing is typed, and the field shows the site that is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const search = useDebounced(typed?.trim() ?? "", PAUSE_MS);
  const [{ data }] = useQuery({ query: SitesDocument, variables: { search: search === "" ? null : search } });
  const nodes = data?.sites.nodes ?? [];
  const total = data?.sites.totalCount ?? 0;

  const choose = (key: string | number | null): void => {
    if (key === null || key === site) return;
    navigate({ ...FIRST_PAGE, site: String(key), search: "", group: "", history: false });
  };

  return (
    <ComboBox
      className="sites"
      items={nodes}
      inputValue={typed ?? siteName ?? ""}
      onInputChange={(text) => setTyped(text === siteName ? null : text)}
      value={site === "" ? null : site}
      onChange={choose}
      onOpenChange={(isOpen) => {
        if (!isOpen) setTyped(null);
      }}
      onBlur={() => setTyped(null)}
      allowsEmptyCollection
    >
      <Label>{messages.chooseSite}</Label>
      <div className="sites-field">
        <SiteInput />
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

/** A press opens the list, as the arrow does; the Tab key alone does not. */
function SiteInput() {
  const messages = useMessages();
  const state = useContext(ComboBoxStateContext);
  return (
    <Input
      className="input"
      placeholder={messages.chooseSitePlaceholder}
      maxLength={200}
      onFocus={(event) => event.currentTarget.select()}
      onClick={() => state?.open(null, "manual")}
    />
  );
}
