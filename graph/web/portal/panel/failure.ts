/** Why an operation has no answer, as far as it matters to a person. */

import { CombinedError } from "urql";

export type Failure =
  { readonly kind: "signedOut" | "unreachable" | "busy" } | { readonly kind: "failed"; readonly message: string };

export function failureOf(error: unknown): Failure {
  if (!(error instanceof CombinedError)) {
    return { kind: "failed", message: String(error) };
  }
  const codes = error.graphQLErrors.map((one) => one.extensions.code);
  const status = (error.response as Response | undefined)?.status;
  if (codes.includes("UNAUTHENTICATED") || status === 401) {
    return { kind: "signedOut" };
  }
  if (codes.some((code) => code === "UNAVAILABLE" || code === "TIMEOUT") || status === 503) {
    return { kind: "busy" };
  }
  if (error.networkError) {
    return { kind: "unreachable" };
  }
  return { kind: "failed", message: error.graphQLErrors.map((one) => one.message).join(" ") };
}
