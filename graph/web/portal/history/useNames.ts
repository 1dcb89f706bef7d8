/** The names of users by their ids, which are all that a change has of them. */

import { useEffect, useRef, useState } from "react";
import { useClient } from "urql";

import { NamesOfPeopleDocument } from "./history.graphql";

const LARGEST = 100;

export function useNames(
  ids: readonly string[],
  known: readonly { readonly id: string; readonly displayName: string }[],
): (id: string) => string | undefined {
  const client = useClient();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(
    () => new Map(known.map((one) => [one.id, one.displayName])),
  );
  const asked = useRef(new Set(names.keys()));
  const wanted = ids.join(" ");
  useEffect(() => {
    const missing = wanted.split(" ").filter((id) => id && !asked.current.has(id));
    for (let first = 0; first < missing.length; first += LARGEST) {
      const chunk = missing.slice(first, first + LARGEST);
      chunk.forEach((id) => asked.current.add(id));
      void client
        .query(NamesOfPeopleDocument, { ids: chunk })
        .toPromise()
        .then(({ data }) => {
          const found = (data?.nodes ?? []).flatMap((one) =>
            one?.__typename === "User" ? [[one.id, one.displayName] as const] : [],
          );
          setNames((before) => new Map([...before, ...found]));
        });
    }
  }, [client, wanted]);
  return (id) => names.get(id);
}
