import { useEffect, useState } from "react";

/** The value once it has stayed for a moment, so that a search is not sent for each letter. */
export function useDelayed<T>(value: T, milliseconds = 150): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setDelayed(value);
    }, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  }, [value, milliseconds]);
  return delayed;
}
