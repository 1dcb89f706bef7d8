/** What the history says, in both languages. */

import { useLocale } from "react-aria-components";

export const english = {
  title: "History",
  ofSite: (site: string) => `History of ${site}`,
  ofGroup: (group: string) => `History of ${group}`,
  created: (group: string) => `Made the group ${group}`,
  renamed: (before: string, after: string) => `Renamed ${before} to ${after}`,
  membersChanged: (group: string | undefined) =>
    group === undefined ? "Changed the users of a group that is deleted now" : `Changed the users of ${group}`,
  deleted: (group: string) => `Deleted the group ${group}`,
  directoryChanged: "Directory: the site or its users were brought up to date",
  joined: (names: string) => `Joined: ${names}`,
  movedFrom: (group: string, names: string) => `Moved from ${group}: ${names}`,
  left: (names: string) => `Left: ${names}`,
  movedTo: (group: string, names: string) => `Moved to ${group}: ${names}`,
  exemptionsEnded: (names: string) => `Lost the exemption from barge-in: ${names}`,
  formerUser: "a former user",
  more: (number: number) => `${number.toLocaleString("en")} more`,
  showAll: (number: number) => `Show all ${number.toLocaleString("en")}`,
  showFewer: "Show fewer",
  noSignIn: "Without sign-in",
  bargeIn: "Barge-in lets a person join a call that is under way. A user who is exempt from it cannot be joined; members of a pickup group are never exempt.",
  byImport: (login: string) => `Import started by ${login}`,
  earlier: "Show earlier changes",
  shown: (shown: number, total: number) => `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} changes`,
  none: "Nothing has been changed yet.",
  loading: "Loading…",
  notLoaded: "The history could not be loaded.",
  namesNotLoaded: "Some names could not be loaded.",
  tryAgain: "Try again",
  close: "Close history",
  list: (names: readonly string[]): string =>
    new Intl.ListFormat("en", { style: "long", type: "conjunction" }).format(names),
};

export type HistoryWords = typeof english;

export const french: HistoryWords = {
  title: "Historique",
  ofSite: (site) => `Historique du site ${site}`,
  ofGroup: (group) => `Historique du groupe ${group}`,
  created: (group) => `Groupe ${group} créé`,
  renamed: (before, after) => `Groupe ${before} renommé en ${after}`,
  membersChanged: (group) =>
    group === undefined
      ? "Membres modifiés d’un groupe supprimé depuis"
      : `Membres du groupe ${group} modifiés`,
  deleted: (group) => `Groupe ${group} supprimé`,
  directoryChanged: "Annuaire\u00a0: le site ou ses utilisateurs ont été mis à jour",
  joined: (names) => `Ajout\u00a0: ${names}`,
  movedFrom: (group, names) => `Ajout depuis le groupe ${group}\u00a0: ${names}`,
  left: (names) => `Retrait\u00a0: ${names}`,
  movedTo: (group, names) => `Passage au groupe ${group}\u00a0: ${names}`,
  exemptionsEnded: (names) => `Fin de l’exemption d’intrusion\u00a0: ${names}`,
  formerUser: "une personne qui n’est plus utilisateur du site",
  more: (number) => `${number.toLocaleString("fr")} de plus`,
  showAll: (number) => `Montrer les ${number.toLocaleString("fr")}`,
  showFewer: "En montrer moins",
  noSignIn: "Sans connexion",
  bargeIn: "L’intrusion permet à une personne de se joindre à un appel en cours. L’exemption l’empêche\u00a0; les membres d’un groupe d’interception n’en ont jamais.",
  byImport: (login) => `Importation lancée par ${login}`,
  earlier: "Montrer les modifications antérieures",
  shown: (shown, total) => `${shown.toLocaleString("fr")} ${shown < 2 ? "modification" : "modifications"} sur ${total.toLocaleString("fr")}`,
  none: "Rien n’a encore été modifié.",
  loading: "Chargement…",
  notLoaded: "L’historique n’a pas pu être chargé.",
  namesNotLoaded: "Certains noms n’ont pas pu être chargés.",
  tryAgain: "Réessayer",
  close: "Fermer l’historique",
  list: (names) => new Intl.ListFormat("fr", { style: "long", type: "conjunction" }).format(names),
};

export function useHistoryWords(): HistoryWords {
  return useLocale().locale.startsWith("fr") ? french : english;
}
