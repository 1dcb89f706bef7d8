/** What the panel says, in English. The French texts have the same names. */

import { FEW, type Summary } from "./summary";

const plural = (number: number, one: string, other: string): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : other}`;

const users = (number: number): string => plural(number, "user", "users");

const theChosen = (number: number): string => (number === 1 ? "chosen user" : `${number.toLocaleString("en")} chosen`);

const list = (names: readonly string[]): string =>
  new Intl.ListFormat("en", { style: "long", type: "conjunction" }).format(names);

/** The first of them, if they are many. */
const some = (names: readonly string[]): string =>
  list(names.length > FEW + 1 ? [...names.slice(0, FEW), `${(names.length - FEW).toLocaleString("en")} more`] : names);

export const english = {
  newGroup: "New pickup group",
  editGroup: (name: string) => `Edit ${name}`,
  name: "Group name",
  nameMissing: "Type a name for the group first.",
  perhapsMade: "If your Save made it, whose answer did not arrive, open it and go on there.",
  save: "Save",
  saving: "Saving…",
  saved: (name: string) => `The group ${name} is saved.`,
  moved: (moving: Summary["moving"]) =>
    `Moved: ${list(moving.map(({ from, count }) => `${users(count)} from ${from}`))}.`,
  created: (name: string) =>
    `The group ${name} is created. Now choose its users by their check boxes, press Add, and save.`,
  close: "Close",
  loading: "Loading…",
  sides: {
    available: {
      title: "Available",
      search: "Search available users",
      none: "No user of this site is free to join.",
      noneFound: "No available user is found.",
      arrow: "Add",
      move: "Add the chosen users to Assigned",
      moved: (number: number) => `${users(number)} moved to Assigned.`,
    },
    assigned: {
      title: "Assigned",
      search: "Search assigned users",
      none: "The group has no users.",
      noneFound: "No assigned user is found.",
      arrow: "Remove",
      move: "Remove the chosen users from Assigned",
      moved: (number: number) => `${users(number)} moved to Available.`,
    },
  },
  saveKeeps: "Save keeps the change.",
  nothingToSave: "Nothing is left to save.",
  staysIn: (names: readonly string[], group: string) =>
    `${names.length > 3 ? users(names.length) : list(names)} ${names.length === 1 ? "stays" : "stay"} in the group ${group}.`,
  fillsAfterSave: "Save the name first. Then the users who may join appear here.",
  noneAssignedYet: "The group has no users yet.",
  searchHint: "Name, number or email",
  clear: "Clear",
  clearSearch: "Clear the search",
  allFound: (number: number) => `All ${number.toLocaleString("en")}`,
  firstFound: (number: number) => `The first ${number.toLocaleString("en")}`,
  chosen: (number: number) => `${number.toLocaleString("en")} chosen`,
  notShown: (number: number) => `, ${number.toLocaleString("en")} not shown`,
  labelOf: (list: string, text: string) => `${list}: ${text}`,
  usersInList: (number: number) => users(number),
  usersFound: (number: number) => `${number.toLocaleString("en")} found`,
  usersFoundOf: (number: number, all: number) => `${number.toLocaleString("en")} of ${users(all)}`,
  keys: "Arrow keys move, Space chooses, Shift+arrow chooses a range, Escape closes.",
  noneChosen: "Choose users by their check boxes first.",
  extension: (number: string) => `ext. ${number}`,
  joins: "Joins",
  leaves: "Leaves",
  movesFrom: (group: string) => `Moves from ${group}`,
  losesExemption: "Loses the exemption from barge-in",
  exempt: "Exempt from barge-in",
  exemptMeaning: "Exempt from barge-in: others cannot join their calls under way",
  inOtherGroups: "In other groups",
  stationsHint:
    "Only users with these station types can join: Premium, Standard, Basic, Hosted Square Key, Hosted PRI.",
  elsewhereHint: "To move a user here from another group, search for them in Available.",
  foundInGroups: (number: number) => `${number.toLocaleString("en")} found in other groups`,
  atLeastInGroups: (number: number) => `At least ${number.toLocaleString("en")} found in other groups`,
  manyInGroups: () => "Many found in other groups",
  notAllShown: "Not all are shown: refine the search.",
  othersBelow: "No available user matches. See other groups below.",
  foundBelow: "No available user matches. See below.",
  inGroup: (group: string) => `In the group ${group}`,
  isInGroup: (group: string) => `Is in the group ${group}.`,
  inThisGroup: "In Assigned already",
  notEligible: "Cannot be in a group",
  moveHere: "Move here",
  moveHereName: (user: string, group: string) => `Move here: ${user}, from ${group}`,
  moveFrom: (group: string) => `Move from ${group}`,
  openGroup: (group: string) => `Open ${group}`,
  exemptionsWillEnd: (names: readonly string[]) =>
    `Save ends the exemption from barge-in for ${some(names)}: others can then join their calls under way. Leaving the group later does not bring it back.`,
  exemptionsEnded: (names: readonly string[]) => `${some(names)} lost the exemption from barge-in.`,
  unsaved: ({ isRenamed, joining, moving, leaving, exemptions }: Summary) =>
    `Not saved yet: ${[
      ...(isRenamed ? ["new name"] : []),
      ...(joining ? [`${users(joining)} joining`] : []),
      ...moving.map(({ from, count }) => `${count.toLocaleString("en")} moving from ${from}`),
      ...(leaving ? [`${users(leaving)} leaving`] : []),
      ...(exemptions ? [plural(exemptions, "loses the exemption", "lose the exemption")] : []),
    ].join(", ")}`,
  chosenNotAdded: (number: number) => `Press Add to add the ${theChosen(number)}.`,
  chosenNotRemoved: (number: number) => `Press Remove to remove the ${theChosen(number)}.`,
  notSaved: (number: number) =>
    `Nothing is saved: ${number === 1 ? "one thing is" : `${number.toLocaleString("en")} things are`} not right. See the marked places.`,
  tooMany: (most: number) => `One Save takes at most ${most.toLocaleString("en")} users. Move some back, press Save, and move them again.`,
  unreachable:
    "The server cannot be reached. Nothing is lost: what you have done is still here. Press Save again in a moment.",
  busy: "The server cannot do it just now. Nothing is lost: what you have done is still here. Press Save again in a moment.",
  slow: "The server has not answered yet. Nothing is lost: what you have done is still here, and is saved once it answers.",
  signedOut: "Nothing is saved, and nothing is lost: what you have done is still here.",
  otherPerson:
    "Another person has signed in. Nothing is saved, and nothing is lost: Save stores these changes in that person’s name.",
  cannotSave:
    "Your sign-in now only lets you read, so these changes cannot be saved with it. Nothing is lost: what you have done is still here.",
  failed: (message: string) => `It is not saved. The server says: ${message}`,
  notLoaded: "The list could not be loaded.",
  tryAgain: "Try again",
  groupNotLoaded: "The group could not be loaded.",
  wasDeleted: (name: string, instant: string) => `On ${instant} the group ${name} was deleted.`,
  noGroup: "There is no such group, or you cannot see it. If it was deleted, the history of its site says when.",
  gone: "This group does not exist any more.",
  goneHint: "What you typed is still here, but there is no group to save it in.",
  goneHistory: "See in the history of the site when it was deleted, and by whom",
  mayNotAdd: "You may not add groups.",
  readOnly: "You may see this group, but not change it.",
  restored: "Your unsaved changes are back.",
  leaveTitle: "Leave without saving?",
  leaveChosenText: "Users are chosen, but not moved to the other list and not saved yet.",
  leaveSavingText: "A Save is on its way: leaving does not stop it.",
  leaveMadeText: (name: string) => `The group ${name} is created already: it stays, without users.`,
  stay: "Stay here",
  leave: "Leave without saving",
  conflictTitle: "This group was changed meanwhile",
  conflictText: "Nothing of yours is saved yet, and nothing is lost.",
  newer: "This group was changed just now.",
  showChanges: "Show what has changed",
  theirs: "Changed since you opened it",
  yours: "Your changes, not saved yet",
  yourName: (name: string) => `The name becomes ${name}`,
  yourNameOver: (mine: string, theirs: string) => `The name becomes ${mine}, instead of ${theirs}`,
  yourJoining: (names: readonly string[]) => `Joining: ${list(names)}`,
  yourLeaving: (names: readonly string[]) => `Leaving: ${list(names)}`,
  alreadyJoined: (names: readonly string[]) => `Already in the group: ${list(names)}`,
  alreadyLeft: (names: readonly string[]) => `Already out of the group: ${list(names)}`,
  noUsers: (names: readonly string[]) => `No longer users of this site: ${list(names)}`,
  nothingLeft: "All of your changes are in the group already. There is nothing left to save.",
  applyMine: "Show my changes on the new version",
  dropMine: "Drop my changes",
  goOn: "Go on",
  applied: "Your changes are shown on the new version of the group, and are not saved yet. Press Save to keep them.",
  notices: "Notices",
  history: "History of this group",
  stations: {
    PREMIUM: "Premium",
    STANDARD: "Standard",
    BASIC: "Basic",
    HOSTED_SQUARE_KEY: "Hosted Square Key",
    HOSTED_PRI: "Hosted PRI",
    CONFERENCE_ROOM: "Conference room",
    FAX: "Fax",
    VOICEMAIL_ONLY: "Voicemail only",
    AUTO_ATTENDANT: "Auto attendant",
  } as Readonly<Record<string, string>>,
};

export type Words = typeof english;
