/** Our client on the stack while its parts fail: it tells each step, and goes on when the test says so. */

import { Device, type Outcome } from "../../src/index.js";
import { addresses, around, firebaseOf, memory, msalEntra, stack, tell } from "./world.js";

const [person] = stack.people;
if (person === undefined) throw new Error("a person is needed");
const { port, auth, end } = firebaseOf("faulty");
const store = memory();
let leap = 0; // milliseconds that the phone's clock is ahead
const device = new Device({
  addresses,
  entra: msalEntra(person),
  firebase: {
    ...port,
    // Every token is renewed: an hour passes between two steps.
    idToken: () => port.idToken(true),
  },
  store,
  around: { ...around, now: () => Date.now() + leap },
});

for (let steps = 0; steps < Number(process.env["STEPS"]); steps++) {
  const outcome: Outcome = steps % 2 ? "failed" : "succeeded";
  const step = await device.step(outcome);
  const state = JSON.parse((await store.get("calliente.device")) ?? "{}") as { deviceId?: string };
  await tell({ step, deviceId: state.deviceId, uid: auth.currentUser?.uid, name: await device.organizationName() });
  leap += 25 * 3_600_000;
}
await tell({ step: await device.leave() });
await end();
process.exit(0);
