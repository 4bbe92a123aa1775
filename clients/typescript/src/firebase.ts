/** Firebase through its official SDK. Source: Firebase JavaScript API reference, "auth package", AuthErrorCodes. */

import { type Auth, signInWithCustomToken, signOut } from "firebase/auth";
import { type Firestore, doc, getDocFromServer } from "firebase/firestore";

import { Away, NoSession, UserGone, type Firebase } from "./ports.js";

const GONE = new Set([
  "auth/user-not-found",
  "auth/user-token-expired",
  "auth/user-disabled",
  "auth/invalid-user-token",
  "auth/invalid-refresh-token",
]);
const AWAY = new Set([
  "auth/too-many-requests",
  "auth/quota-exceeded",
  "auth/network-request-failed",
  "auth/internal-error",
  "auth/timeout",
]);

export function officialFirebase(auth: Auth, firestore: Firestore): Firebase {
  return {
    async signIn(customToken) {
      await translated(signInWithCustomToken(auth, customToken));
    },
    async idToken(fresh) {
      await auth.authStateReady();
      if (auth.currentUser === null) throw new NoSession();
      return translated(auth.currentUser.getIdToken(fresh));
    },
    async signOut() {
      await signOut(auth);
    },
    async ownFields() {
      const [tenantId, deviceId] = (auth.currentUser?.uid ?? "").split(":");
      if (tenantId === undefined || deviceId === undefined) throw new NoSession();
      const own = await getDocFromServer(doc(firestore, "tenants", tenantId, "devices", deviceId));
      return Object.keys(own.data() ?? {});
    },
  };
}

async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (GONE.has(code)) throw new UserGone(code, { cause: error });
    if (AWAY.has(code)) throw new Away(code, { cause: error });
    throw error;
  }
}
