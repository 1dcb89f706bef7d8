import { useEffect } from "react";
import { useQuery } from "urql";
import { FIRST_PAGE, navigate } from "../address";
import { OneSiteDocument, SitesDocument } from "./sites.graphql";

export interface ChosenSite {
  readonly status: "known" | "loading" | "failed" | "gone" | "not-chosen" | "none";
  readonly name: string | null;
}

/** The site of the address. Without one, the caller's only site is chosen. */
export function useSite(id: string): ChosenSite {
  const [one] = useQuery({ query: OneSiteDocument, variables: { id }, pause: id === "" });
  const [all] = useQuery({ query: SitesDocument, variables: { search: null }, pause: id !== "" });
  const sites = id === "" ? all.data?.sites : undefined;
  const only = sites?.totalCount === 1 ? sites.nodes[0]?.id : undefined;
  useEffect(() => {
    if (only !== undefined) navigate({ ...FIRST_PAGE, site: only }, { replace: true });
  }, [only]);

  if (id === "") {
    if (!sites) return { status: all.error ? "failed" : "loading", name: null };
    if (only !== undefined) return { status: "loading", name: null };
    return { status: sites.totalCount === 0 ? "none" : "not-chosen", name: null };
  }
  const site = one.data?.site;
  if (site?.id === id) return { status: "known", name: site.name };
  if (one.fetching || one.stale) return { status: "loading", name: null };
  return { status: one.error ? "failed" : "gone", name: null };
}
