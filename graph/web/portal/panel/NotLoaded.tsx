import { Button } from "react-aria-components";

import { useWords } from "./useWords";

/** Users could not be read: it was refused, or still waits for the server. */
export function NotLoaded({ onTryAgain }: { readonly onTryAgain: () => void }) {
  const words = useWords();
  return (
    <p className="people-failed" role="alert">
      {words.notLoaded}{" "}
      <Button className="button" onPress={onTryAgain}>
        {words.tryAgain}
      </Button>
    </p>
  );
}
