import { useQuery } from "urql";
import { FIRST_PAGE } from "../address";
import { useFormats, useMessages } from "../messages/useMessages";
import { ViewLink } from "../ui/ViewLink";
import { SitesDocument } from "./sites.graphql";

/** The first sites, as links; the others are found by the chooser. */
export function SiteLinks() {
  const messages = useMessages();
  const formats = useFormats();
  const [{ data }] = useQuery({ query: SitesDocument, variables: { search: null } });
  if (!data) return null;
  const { nodes, totalCount } = data.sites;
  return (
    <>
      <ul className="site-links">
        {nodes.map((site) => (
          <li key={site.id}>
            <ViewLink to={{ ...FIRST_PAGE, site: site.id }}>
              <span>{site.name}</span>
              <span className="site-number">{site.mainNumber}</span>
            </ViewLink>
          </li>
        ))}
      </ul>
      {totalCount > nodes.length && (
        <p>{messages.moreSitesAbove(formats.number(nodes.length), formats.number(totalCount))}</p>
      )}
    </>
  );
}
