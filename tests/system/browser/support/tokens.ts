// Tokens that the server takes: signed with its secret, unless another one is given.

import { createHmac } from "node:crypto";
import { variable } from "./environment";

export interface Claims {
  readonly sub?: string;
  readonly permissions?: readonly ("READ" | "WRITE" | "PROVISION")[];
  readonly sites?: readonly string[];
  /** Seconds from now; the server allows 10 more. */
  readonly expiresIn?: number;
}

export function token(
  { sub = "ann", permissions = ["WRITE"], sites = ["*"], expiresIn = 3_600 }: Claims = {},
  secret = variable("JWT_SECRET"),
): string {
  const exp = Math.floor(Date.now() / 1_000) + expiresIn;
  const text = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded({ sub, exp, permissions, sites })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
