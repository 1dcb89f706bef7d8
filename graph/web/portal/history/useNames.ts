/** The names of users by their ids, which are all that a change has of them. */

import { useEffect, useRef, useState } from "react";
import { useClient } from "urql";

import { NamesOfPeopleDocument } from "./history.graphql";

const LARGEST = 100;

/** The name of a user; null if there is no such user any more, undefined until it is read. */
export type NameOf = (id: string) => string | null | undefined;

export interface Names {
  readonly nameOf: NameOf;
  /** Some could not be read. */
  readonly hasFailed: boolean;
  readonly tryAgain: () => void;
}

export function useNames(
  ids: readonly string[],
  known: readonly { readonly id: string; readonly displayName: string }[],
): Names {
  const client = useClient();
  const [names, setNames] = useState<ReadonlyMap<string, string | null>>(
    () => new Map(known.map((one) => [one.id, one.displayName])),
  );
  const [hasFailed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const asked = useRef(new Set(names.keys()));
  const wanted = ids.join(" ");
  useEffect(() => {
    const read = async (missing: string[]): Promise<void> => {
      const { data, error } = await client.query(NamesOfPeopleDocument, { ids: missing }).toPromise();
      if (error) {
        setFailed(true);
        missing.forEach((id) => asked.current.delete(id));
        return;
      }
      const found = (data?.nodes ?? []).flatMap((one) =>
        one?.__typename === "User" ? [[one.id, one.displayName] as const] : [],
      );
      setNames((before) => new Map([...before, ...missing.map((id) => [id, null] as const), ...found]));
    };
    const missing = wanted.split(" ").filter((id) => id && !asked.current.has(id));
    missing.forEach((id) => asked.current.add(id));
    for (let first = 0; first < missing.length; first += LARGEST) {
      void read(missing.slice(first, first + LARGEST));
    }
  }, [client, wanted, attempt]);
  return {
    nameOf: (id) => names.get(id),
    hasFailed: hasFailed && ids.some((id) => !names.has(id)),
    tryAgain: () => {
      setFailed(false);
      setAttempt((number) => number + 1);
    },
  };
}
