import { useContext, useEffect, useRef, useState, type KeyboardEvent } from "react";
import { ComboBoxStateContext, Input } from "react-aria-components";
import { useMessages } from "../messages/useMessages";

interface SiteInputProps {
  readonly isSearching: boolean;
  /** The id of the only site that is found by what is typed. */
  readonly only: string | null;
  readonly onChoose: (siteId: string) => void;
}

/** A press or a letter opens the list, as the arrow does; the Tab key alone does not. Enter takes the only site found. */
export function SiteInput({ isSearching, only, onChoose }: SiteInputProps) {
  const messages = useMessages();
  const state = useContext(ComboBoxStateContext);
  // Enter was pressed, perhaps before the answer is there.
  const [isTaking, setTaking] = useState(false);
  const list = useRef(state);
  useEffect(() => {
    list.current = state;
  });
  useEffect(() => {
    if (!isTaking || only === null) return;
    list.current?.close();
    onChoose(only);
  }, [isTaking, only, onChoose]);

  const takeOnly = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !isSearching || (state?.selectionManager.focusedKey ?? null) !== null) return;
    event.preventDefault();
    event.stopPropagation();
    setTaking(true);
  };

  return (
    <Input
      className="input"
      placeholder={messages.chooseSitePlaceholder}
      maxLength={200}
      onFocus={(event) => {
        // The list sends focus events of its own when its options change: they must not select what is just typed.
        if (event.nativeEvent.isTrusted) event.currentTarget.select();
      }}
      onClick={() => state?.open(null, "manual")}
      onInput={() => {
        setTaking(false);
        state?.open(null, "manual");
      }}
      onKeyDownCapture={takeOnly}
    />
  );
}
