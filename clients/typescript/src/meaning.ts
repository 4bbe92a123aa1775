/** What a refusal means for this phone: the table of docs/mobile.md. */

import type { Answer } from "./backend.js";

/** What becomes of the contacts that the app wrote to the phone. */
export type Contacts = "keep" | "remove";

export type Meaning =
  /** Registered no more: a new ID. */
  | { kind: "gone" }
  /** The sign-in is too old, or the token is refused. */
  | { kind: "prove" }
  /** Come back later: by the backoff, or once a day. */
  | { kind: "later" }
  | { kind: "daily"; contacts: Contacts }
  /** A fault of the app or of the deployment: to repeat it is of no use. */
  | { kind: "fault" };

export function meaning(answer: Answer<unknown>, wasRegistered: boolean): Meaning {
  switch (answer.code) {
    case "device_gone":
      return { kind: "gone" };
    case "tenant_not_onboarded":
      return { kind: "daily", contacts: wasRegistered ? "remove" : "keep" };
    case "tenant_purging":
      return { kind: "daily", contacts: "remove" };
    case "tenant_closing":
    case "app_outdated":
    case "app_not_attested":
      return { kind: "daily", contacts: "keep" };
  }
  if (answer.status === 401) return { kind: "prove" };
  if (answer.status === 410) return { kind: "gone" };
  if (answer.status === 429 || answer.status >= 500) return { kind: "later" };
  return { kind: "fault" };
}
