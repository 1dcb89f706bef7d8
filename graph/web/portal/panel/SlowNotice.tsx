import { useDebounced } from "../ui/useDebounced";
import { useWords } from "./useWords";

const LONG_MS = 5_000;

/** A Save takes so long that one wonders. */
export function SlowNotice({ isSaving }: { readonly isSaving: boolean }) {
  const words = useWords();
  const wasSaving = useDebounced(isSaving, LONG_MS);
  return isSaving && wasSaving ? (
    <p className="notice-box warn" role="status">
      {words.slow}
    </p>
  ) : null;
}
