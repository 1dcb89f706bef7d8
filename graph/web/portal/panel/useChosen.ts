/** Whose check boxes are ticked in each of the two lists. */

import { type Dispatch, type SetStateAction, useCallback, useState } from "react";

import { type Chosen, NONE } from "./selection";

export interface ChosenUsers {
  readonly available: Chosen;
  readonly assigned: Chosen;
  readonly chooseAvailable: Dispatch<SetStateAction<Chosen>>;
  readonly chooseAssigned: Dispatch<SetStateAction<Chosen>>;
  readonly isAny: boolean;
  readonly clear: () => void;
}

export function useChosen(): ChosenUsers {
  const [available, chooseAvailable] = useState(NONE);
  const [assigned, chooseAssigned] = useState(NONE);
  return {
    available,
    assigned,
    chooseAvailable,
    chooseAssigned,
    isAny: available.size + assigned.size > 0,
    clear: useCallback(() => {
      chooseAvailable(NONE);
      chooseAssigned(NONE);
    }, []),
  };
}
