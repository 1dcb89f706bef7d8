import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { useLanguage } from "../messages/language";

const Announce = createContext<(text: string) => void>(() => undefined);

/** Says a text to a screen reader, without moving the focus. An empty text takes back the last. */
export function useAnnounce(): (text: string) => void {
  return useContext(Announce);
}

/** The live region of the page. It is there from the start: readers pass over one that appears with its text. */
export function Announcer({ children }: { readonly children: ReactNode }) {
  const [text, setText] = useState("");
  // The same text twice is said twice: a no-break space makes another text of it.
  const announce = useCallback(
    (next: string) => setText((last) => (last === next && next !== "" ? `${next}\u00a0` : next)),
    [],
  );
  const language = useLanguage();
  const [of, setOf] = useState(language);
  if (of !== language) {
    setOf(language);
    setText("");
  }
  return (
    <Announce value={announce}>
      {children}
      <div className="visually-hidden" role="status">
        {text}
      </div>
    </Announce>
  );
}
