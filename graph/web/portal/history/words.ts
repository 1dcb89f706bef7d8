/** What the history says, in both languages. */

import { useLocale } from "react-aria-components";

export const english = {
  title: "History",
  ofSite: (site: string) => `History of ${site}`,
  ofGroup: (group: string) => `History of ${group}`,
  created: (group: string) => `Made the group ${group}`,
  renamed: (before: string, after: string) => `Renamed ${before} to ${after}`,
  membersChanged: (group: string) => `Changed the users of ${group}`,
  deleted: (group: string) => `Deleted the group ${group}`,
  directoryChanged: "Changed the site or its users in the directory",
  joined: (names: string) => `Joined: ${names}`,
  left: (names: string) => `Left: ${names}`,
  exemptionsEnded: (names: string) => `Lost the exemption from barge-in: ${names}`,
  formerUser: "a former user",
  deletedGroup: "a group that is deleted now",
  more: (number: number) => `${number.toLocaleString("en")} more`,
  anonymous: "A person who is not signed in",
  byImport: (login: string) => `Import by ${login}`,
  earlier: "Show earlier changes",
  shown: (shown: number, total: number) => `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} changes`,
  none: "Nothing has been changed yet.",
  loading: "Loading…",
  notLoaded: "The history could not be loaded.",
  tryAgain: "Try again",
  close: "Close",
  list: (names: readonly string[]): string =>
    new Intl.ListFormat("en", { style: "long", type: "conjunction" }).format(names),
};

export type HistoryWords = typeof english;

export const french: HistoryWords = {
  title: "Historique",
  ofSite: (site) => `Historique de ${site}`,
  ofGroup: (group) => `Historique de ${group}`,
  created: (group) => `A créé le groupe ${group}`,
  renamed: (before, after) => `A renommé ${before} en ${after}`,
  membersChanged: (group) => `A modifié les utilisateurs de ${group}`,
  deleted: (group) => `A supprimé le groupe ${group}`,
  directoryChanged: "A modifié le site ou ses utilisateurs dans l’annuaire",
  joined: (names) => `Entrés : ${names}`,
  left: (names) => `Sortis : ${names}`,
  exemptionsEnded: (names) => `Ont perdu l’exemption d’intrusion : ${names}`,
  formerUser: "un ancien utilisateur",
  deletedGroup: "un groupe supprimé depuis",
  more: (number) => `${number.toLocaleString("fr")} de plus`,
  anonymous: "Une personne non connectée",
  byImport: (login) => `Importation par ${login}`,
  earlier: "Montrer les changements antérieurs",
  shown: (shown, total) => `${shown.toLocaleString("fr")} changements sur ${total.toLocaleString("fr")}`,
  none: "Rien n’a encore été changé.",
  loading: "Chargement…",
  notLoaded: "L’historique n’a pas pu être chargé.",
  tryAgain: "Réessayer",
  close: "Fermer",
  list: (names) => new Intl.ListFormat("fr", { style: "long", type: "conjunction" }).format(names),
};

export function useHistoryWords(): HistoryWords {
  return useLocale().locale.startsWith("fr") ? french : english;
}
