import { useEffect } from "react";

/** The title of the tab, what is most particular first. */
const PLACES = ["history", "group", "page"] as const;

const texts = new Map<(typeof PLACES)[number], string>();

/** Puts a text into the title of the tab while the component is shown. */
export function useTitle(place: (typeof PLACES)[number], text: string): void {
  useEffect(() => {
    texts.set(place, text);
    show();
    return () => {
      texts.delete(place);
      show();
    };
  }, [place, text]);
}

function show(): void {
  document.title = PLACES.flatMap((place) => texts.get(place) ?? []).join(" – ") || "Pickup";
}
