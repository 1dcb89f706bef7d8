/** What opens the sign-in again, null if the page shows it by itself. */
export function useSignIn(): (() => void) | null {
  return null;
}
