/** The official SDKs of Entra and Firebase, unmodified, pointed at the stack that the variable STACK describes. */

import { createInterface } from "node:readline";

import { type AccountInfo, PublicClientApplication } from "@azure/msal-node";
import { deleteApp, initializeApp } from "firebase/app";
import { connectAuthEmulator, initializeAuth, inMemoryPersistence } from "firebase/auth";
import { connectFirestoreEmulator, getFirestore, setLogLevel } from "firebase/firestore";

import { SignInNeeded, type Addresses, type Entra, type Store, type Surroundings } from "../../src/index.js";
import { officialFirebase } from "../../src/firebase.js";

export interface Person {
  tenantId: string;
  username: string;
  password: string;
}

interface Stack {
  project: string;
  clientId: string;
  functions: Record<string, string>;
  firestore: string;
  auth: string;
  entra: string;
  people: Person[];
}

export const stack = JSON.parse(process.env["STACK"] ?? "{}") as Stack;

export const addresses: Addresses = {
  registration: stack.functions["device_registration"] ?? "",
  heartbeat: stack.functions["heartbeat"] ?? "",
};

/** MSAL for Node. The stand-in takes passwords, so that nobody has to sit at a browser. */
export function msalEntra(person: Person): Entra {
  const msal = new PublicClientApplication({
    auth: {
      clientId: stack.clientId,
      authority: `${stack.entra}/${person.tenantId}`,
      knownAuthorities: [new URL(stack.entra).host],
    },
  });
  const scopes = [`api://${stack.clientId}/Devices.Register`];
  let account: AccountInfo | null = null;
  return {
    async accessToken(fresh) {
      try {
        const result =
          account !== null && !fresh
            ? await msal.acquireTokenSilent({ account, scopes })
            : await msal.acquireTokenByUsernamePassword({
                scopes,
                username: person.username,
                password: person.password,
              });
        account = result?.account ?? null;
        return result?.accessToken ?? "";
      } catch (error) {
        throw new SignInNeeded("Entra", { cause: error });
      }
    },
  };
}

/** An app of its own for each phone, as each is on a machine of its own. */
export function firebaseOf(name: string) {
  setLogLevel("silent");
  const app = initializeApp({ projectId: stack.project, apiKey: "local" }, name);
  const auth = initializeAuth(app, { persistence: inMemoryPersistence });
  connectAuthEmulator(auth, `http://${stack.auth}`, { disableWarnings: true });
  const firestore = getFirestore(app);
  const [host, port] = stack.firestore.split(":");
  connectFirestoreEmulator(firestore, host ?? "", Number(port));
  return { auth, firestore, port: officialFirebase(auth, firestore), end: () => deleteApp(app) };
}

export function memory(): Store {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
    remove: async (key) => void kept.delete(key),
  };
}

export const around: Surroundings = {
  fetch: (url, options) => fetch(url, options),
  now: () => Date.now(),
  random: () => Math.random(),
  randomUUID: () => crypto.randomUUID(),
  sleep: (seconds) => new Promise((done) => setTimeout(done, seconds * 1000)),
};

/** Lines that the test sends, one by one. */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tell the test what is so, and wait until it says that it has done its part. */
export async function tell(what: object): Promise<void> {
  process.stdout.write(`${JSON.stringify(what)}\n`);
  await lines.next();
}

/** The code of a refusal; empty where it was none. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
