import { useLocale } from "react-aria-components";

import { english, type Words } from "./words.en";
import { french } from "./words.fr";

/** The texts of the panel in the language of the page. */
export function useWords(): Words {
  return useLocale().locale.startsWith("fr") ? french : english;
}
