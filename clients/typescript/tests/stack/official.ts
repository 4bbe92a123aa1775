/** The official SDKs alone, without our client: sign in, listen, be refused, renew, and be signed out by a purge. */

import { signInWithCustomToken } from "firebase/auth";
import {
  collection,
  collectionGroup,
  deleteDoc,
  doc,
  getDocFromServer,
  getDocsFromServer,
  onSnapshot,
  runTransaction,
  setDoc,
  updateDoc,
} from "firebase/firestore";

import { addresses, codeOf, firebaseOf, msalEntra, stack, tell } from "./world.js";

async function post(url: string, token: string, body: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("did not come about within 20 seconds");
    await new Promise((done) => setTimeout(done, 50));
  }
}

const [person, stranger] = stack.people;
if (person === undefined || stranger === undefined) throw new Error("two people are needed");
const deviceId = crypto.randomUUID();
const accessToken = await msalEntra(person).accessToken(false);
const registered = await post(`${addresses.registration}/v1/devices`, accessToken, { deviceId });
const { customToken } = (await registered.json()) as { customToken: string };
const { auth, firestore, end } = firebaseOf("official");
const { user } = await signInWithCustomToken(auth, customToken);
const tenant = doc(firestore, "tenants", person.tenantId);
const own = doc(tenant, "devices", deviceId);

const seen: string[][] = [];
let ended = "";
onSnapshot(
  own,
  (snapshot) => void seen.push(Object.keys(snapshot.data() ?? {}).sort()),
  (error) => (ended = error.code),
);
await until(() => seen.length > 0);
const beat = await post(`${addresses.heartbeat}/v1/heartbeats`, await user.getIdToken(), { outcome: "succeeded" });
await until(() => seen.at(-1)?.includes("lastSyncAt") ?? false);

const others = doc(tenant, "devices", crypto.randomUUID());
const refusals = {
  tenant: await codeOf(getDocFromServer(tenant)),
  neighbour: await codeOf(getDocFromServer(others)),
  "another organization": await codeOf(getDocFromServer(doc(firestore, "tenants", stranger.tenantId))),
  receipts: await codeOf(getDocFromServer(doc(firestore, "receipts", deviceId))),
  "all devices": await codeOf(getDocsFromServer(collection(tenant, "devices"))),
  "all organizations": await codeOf(getDocsFromServer(collection(firestore, "tenants"))),
  "every device": await codeOf(getDocsFromServer(collectionGroup(firestore, "devices"))),
  create: await codeOf(setDoc(others, { lastHeartbeatAt: 1 })),
  update: await codeOf(updateDoc(own, { lastOutcome: "failed" })),
  delete: await codeOf(deleteDoc(own)),
  "write tenant": await codeOf(setDoc(tenant, { name: "x" })),
  transaction: await codeOf(runTransaction(firestore, (transaction) => transaction.get(own))),
};
const before = await user.getIdToken();
const renewed = await codeOf(user.getIdToken(true));
const claims = (await user.getIdTokenResult()).claims;

await tell({
  status: [registered.status, beat.status],
  seen: seen.at(-1),
  refusals,
  renewed,
  isNew: (await user.getIdToken()) !== before,
  claims: [claims["tenantId"] === person.tenantId, claims["deviceId"] === deviceId],
  uid: user.uid === `${person.tenantId}:${deviceId}`,
});

// Now the organization is deleted.

const renewal = await codeOf(user.getIdToken(true));
await until(() => ended !== "" || seen.at(-1)?.length === 0);
await tell({ renewal, listener: ended, last: seen.at(-1), signedOut: auth.currentUser === null });
await end();
process.exit(0);
