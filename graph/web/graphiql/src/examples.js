// The tabs that the page opens with, in their order.

import sites from "../examples/1-sites.graphql";
import groups from "../examples/2-groups.graphql";
import groupsVariables from "../examples/2-groups.json";
import available from "../examples/3-available.graphql";
import availableVariables from "../examples/3-available.json";
import create from "../examples/4-create.graphql";
import createVariables from "../examples/4-create.json";
import members from "../examples/5-members.graphql";
import membersVariables from "../examples/5-members.json";
import changes from "../examples/6-changes.graphql";
import changesVariables from "../examples/6-changes.json";
import upsertSites from "../examples/7-upsert-sites.graphql";
import upsertSitesVariables from "../examples/7-upsert-sites.json";
import upsertUsers from "../examples/8-upsert-users.graphql";
import upsertUsersVariables from "../examples/8-upsert-users.json";
import removeUsers from "../examples/9-remove-users.graphql";
import removeUsersVariables from "../examples/9-remove-users.json";

/** GraphiQL keeps variables as text. */
const tab = (query, variables) => ({ query, variables: JSON.stringify(variables, null, 2) });

/** The first has no variables: GraphiQL does not show those of the first of its default tabs. */
export const examples = [
  { query: sites },
  tab(groups, groupsVariables),
  tab(available, availableVariables),
  tab(create, createVariables),
  tab(members, membersVariables),
  tab(changes, changesVariables),
  tab(upsertSites, upsertSitesVariables),
  tab(upsertUsers, upsertUsersVariables),
  tab(removeUsers, removeUsersVariables),
];
