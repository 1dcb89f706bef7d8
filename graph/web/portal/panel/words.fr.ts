/** Ce que dit le panneau, en français. */

import { FEW } from "./summary";
import type { Words } from "./words.en";

const plural = (number: number, one: string, other: string): string =>
  `${number.toLocaleString("fr")} ${number < 2 ? one : other}`;

const users = (number: number): string => plural(number, "utilisateur", "utilisateurs");

const list = (names: readonly string[]): string =>
  new Intl.ListFormat("fr", { style: "long", type: "conjunction" }).format(names);

const some = (names: readonly string[]): string =>
  list(names.length > FEW + 1 ? [...names.slice(0, FEW), `${(names.length - FEW).toLocaleString("fr")} autres`] : names);

export const french: Words = {
  newGroup: "Nouveau groupe d’interception",
  editGroup: (name) => `Modifier ${name}`,
  name: "Nom du groupe",
  nameMissing: "Saisissez d’abord le nom du groupe.",
  perhapsMade: "S’il vient de votre enregistrement, dont la réponse n’est pas arrivée, ouvrez-le et continuez là.",
  save: "Enregistrer",
  saving: "Enregistrement…",
  saved: (name) => `Le groupe ${name} est enregistré.`,
  moved: (moving) => `Déplacement\u00a0: ${list(moving.map(({ from, count }) => `${users(count)} de ${from}`))}.`,
  created: (name) =>
    `Le groupe ${name} est créé. Cochez maintenant ses utilisateurs, appuyez sur Ajouter, puis enregistrez.`,
  close: "Fermer",
  loading: "Chargement…",
  sides: {
    available: {
      title: "Disponibles",
      search: "Rechercher parmi les utilisateurs disponibles",
      none: "Aucun utilisateur de ce site n’est libre.",
      noneFound: "Aucun utilisateur disponible trouvé.",
      arrow: "Ajouter",
      move: "Ajouter les utilisateurs choisis aux affectés",
      moved: (number) =>
        `${users(number)} ${number < 2 ? "déplacé" : "déplacés"} vers Affectés.`,
    },
    assigned: {
      title: "Affectés",
      search: "Rechercher parmi les utilisateurs affectés",
      none: "Le groupe n’a pas d’utilisateurs.",
      noneFound: "Aucun utilisateur affecté trouvé.",
      arrow: "Retirer",
      move: "Retirer les utilisateurs choisis des affectés",
      moved: (number) =>
        `${users(number)} ${number < 2 ? "déplacé" : "déplacés"} vers Disponibles.`,
    },
  },
  saveKeeps: "Enregistrez pour garder la modification.",
  nothingToSave: "Il n’y a plus rien à enregistrer.",
  staysIn: (names, group) =>
    `${names.length > 3 ? users(names.length) : list(names)} ${names.length < 2 ? "reste" : "restent"} dans le groupe ${group}.`,
  fillsAfterSave: "Enregistrez d’abord le nom. Les utilisateurs qui peuvent entrer dans le groupe apparaîtront ici.",
  noneAssignedYet: "Le groupe n’a pas encore d’utilisateurs.",
  searchHint: "Nom, numéro ou courriel",
  clear: "Décocher",
  clearSearch: "Effacer la recherche",
  allFound: (number) => `Tous (${number.toLocaleString("fr")})`,
  firstFound: (number) => `Les ${number.toLocaleString("fr")} premiers`,
  chosen: (number) => plural(number, "choisi", "choisis"),
  notShown: (number) => `, dont ${plural(number, "non affiché", "non affichés")}`,
  labelOf: (list, text) => `${list}\u00a0: ${text}`,
  usersInList: (number) => users(number),
  usersFound: (number) => plural(number, "trouvé", "trouvés"),
  usersFoundOf: (number, all) => `${number.toLocaleString("fr")} sur ${users(all)}`,
  keys: "Flèches\u00a0: se déplacer\u00a0; Espace\u00a0: choisir\u00a0; Maj+flèche\u00a0: une plage\u00a0; Échap\u00a0: fermer.",
  noneChosen: "Choisissez d’abord des utilisateurs par leurs cases à cocher.",
  extension: (number) => `poste ${number}`,
  joins: "À ajouter",
  leaves: "À retirer",
  movesFrom: (group) => `Vient du groupe ${group}`,
  losesExemption: "Perd l’exemption d’intrusion",
  exempt: "Exemption d’intrusion",
  exemptMeaning: "Exemption d’intrusion\u00a0: d’autres ne peuvent pas se joindre à ses appels en cours",
  inOtherGroups: "Dans d’autres groupes",
  stationsHint:
    "Seules les personnes avec un de ces types de poste peuvent entrer\u00a0: Premium, Standard, De base, Hosted Square Key, Hosted PRI.",
  elsewhereHint: "Pour déplacer ici une personne d’un autre groupe, cherchez-la parmi les disponibles.",
  foundInGroups: (number) => `Dans d’autres groupes\u00a0: ${number.toLocaleString("fr")}`,
  atLeastInGroups: (number) => `Dans d’autres groupes\u00a0: au moins ${number.toLocaleString("fr")}`,
  manyInGroups: () => "Beaucoup dans d’autres groupes",
  notAllShown: "La liste n’est pas complète\u00a0: précisez la recherche.",
  othersBelow: "Aucun utilisateur disponible ne correspond. Voyez les autres groupes ci-dessous.",
  foundBelow: "Aucun utilisateur disponible ne correspond. Voyez ci-dessous.",
  inGroup: (group) => `Dans le groupe ${group}`,
  isInGroup: (group) => `Est dans le groupe ${group}.`,
  inThisGroup: "Déjà parmi les affectés",
  notEligible: "Ne peut pas être dans un groupe",
  moveHere: "Déplacer ici",
  moveHereName: (user, group) => `Déplacer ici\u00a0: ${user}, depuis ${group}`,
  moveFrom: (group) => `Déplacer depuis ${group}`,
  openGroup: (group) => `Ouvrir ${group}`,
  exemptionsWillEnd: (names) =>
    `Enregistrer met fin à l’exemption d’intrusion pour ${some(names)}\u00a0: d’autres pourront se joindre à ${names.length < 2 ? "ses" : "leurs"} appels en cours. Quitter le groupe plus tard ne la rétablit pas.`,
  exemptionsEnded: (names) => `Fin de l’exemption d’intrusion\u00a0: ${some(names)}.`,
  unsaved: ({ isRenamed, joining, moving, leaving, exemptions }) =>
    `Pas encore enregistré\u00a0: ${[
      ...(isRenamed ? ["nouveau nom"] : []),
      ...(joining ? [plural(joining, "personne à ajouter", "personnes à ajouter")] : []),
      ...moving.map(({ from, count }) => `${plural(count, "vient", "viennent")} du groupe ${from}`),
      ...(leaving ? [plural(leaving, "personne à retirer", "personnes à retirer")] : []),
      ...(exemptions ? [plural(exemptions, "perd l’exemption", "perdent l’exemption")] : []),
    ].join(", ")}`,
  chosenNotAdded: (number) =>
    `${plural(number, "personne choisie", "personnes choisies")}\u00a0: appuyez sur Ajouter pour continuer.`,
  chosenNotRemoved: (number) =>
    `${plural(number, "personne choisie", "personnes choisies")}\u00a0: appuyez sur Retirer pour continuer.`,
  notSaved: (number) =>
    `Rien n’est enregistré\u00a0: ${plural(number, "point est à corriger", "points sont à corriger")}. Voyez les endroits marqués.`,
  tooMany: (most) => `Un enregistrement prend au plus ${users(most)}. Remettez-en dans l’autre liste, enregistrez, puis continuez.`,
  unreachable:
    "Le serveur est injoignable. Rien n’est perdu\u00a0: ce que vous avez fait est encore ici. Enregistrez de nouveau dans un moment.",
  busy: "Le serveur ne peut pas le faire à l’instant. Rien n’est perdu\u00a0: ce que vous avez fait est encore ici. Enregistrez de nouveau dans un moment.",
  slow: "Le serveur n’a pas encore répondu. Rien n’est perdu\u00a0: ce que vous avez fait est encore ici, et sera enregistré dès qu’il répondra.",
  signedOut: "Rien n’est enregistré, et rien n’est perdu\u00a0: ce que vous avez fait est encore ici.",
  otherPerson:
    "Une autre personne s’est connectée. Rien n’est enregistré, et rien n’est perdu\u00a0: si vous enregistrez, ce sera au nom de cette personne.",
  cannotSave:
    "Votre connexion ne permet maintenant que la lecture\u00a0: elle ne peut pas enregistrer ces modifications. Rien n’est perdu\u00a0: ce que vous avez fait est encore ici.",
  failed: (message) => `Ce n’est pas enregistré. Le serveur répond\u00a0: ${message}`,
  notLoaded: "La liste n’a pas pu être chargée.",
  tryAgain: "Réessayer",
  groupNotLoaded: "Le groupe n’a pas pu être chargé.",
  wasDeleted: (name, instant) => `Le groupe ${name} a été supprimé le ${instant}.`,
  noGroup: "Ce groupe est introuvable, ou vous ne pouvez pas le voir. S’il a été supprimé, l’historique de son site dit quand.",
  gone: "Ce groupe n’existe plus.",
  goneHint: "Ce que vous avez saisi est encore ici, mais il n’y a plus de groupe où l’enregistrer.",
  goneHistory: "Voir dans l’historique du site quand il a été supprimé, et par qui",
  mayNotAdd: "Vous ne pouvez pas ajouter de groupes.",
  readOnly: "Vous pouvez voir ce groupe, mais pas le modifier.",
  restored: "Vos modifications non enregistrées ont été rétablies.",
  leaveTitle: "Quitter sans enregistrer\u00a0?",
  leaveChosenText: "Des personnes sont choisies, mais pas encore déplacées vers l’autre liste ni enregistrées.",
  leaveSavingText: "Un enregistrement est en cours\u00a0: quitter ne l’arrête pas.",
  leaveMadeText: (name) => `Le groupe ${name} est déjà créé\u00a0: il reste, sans utilisateurs.`,
  stay: "Rester ici",
  leave: "Quitter sans enregistrer",
  conflictTitle: "Ce groupe a été modifié entre-temps",
  conflictText: "Rien de votre part n’est encore enregistré, et rien n’est perdu.",
  newer: "Ce groupe vient d’être modifié.",
  showChanges: "Montrer ce qui a été modifié",
  theirs: "Modifié depuis que vous l’avez ouvert",
  yours: "Vos modifications, pas encore enregistrées",
  yourName: (name) => `Le nom devient ${name}`,
  yourNameOver: (mine, theirs) => `Le nom devient ${mine}, au lieu de ${theirs}`,
  yourJoining: (names) => `À ajouter\u00a0: ${list(names)}`,
  yourLeaving: (names) => `À retirer\u00a0: ${list(names)}`,
  alreadyJoined: (names) => `Déjà dans le groupe\u00a0: ${list(names)}`,
  alreadyLeft: (names) => `Déjà hors du groupe\u00a0: ${list(names)}`,
  noUsers: (names) => `Ne sont plus des utilisateurs de ce site\u00a0: ${list(names)}`,
  nothingLeft: "Toutes vos modifications sont déjà dans le groupe. Il ne reste rien à enregistrer.",
  applyMine: "Montrer mes modifications sur la nouvelle version",
  dropMine: "Abandonner mes modifications",
  goOn: "Continuer",
  applied: "Vos modifications sont montrées sur la nouvelle version du groupe et ne sont pas encore enregistrées. Enregistrez pour les garder.",
  notices: "Avis",
  history: "Historique de ce groupe",
  stations: {
    PREMIUM: "Premium",
    STANDARD: "Standard",
    BASIC: "De base",
    HOSTED_SQUARE_KEY: "Hosted Square Key",
    HOSTED_PRI: "Hosted PRI",
    CONFERENCE_ROOM: "Salle de conférence",
    FAX: "Télécopieur",
    VOICEMAIL_ONLY: "Messagerie seule",
    AUTO_ATTENDANT: "Réception automatique",
  },
};
