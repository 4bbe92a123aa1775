/** The whole contract, on a world in memory. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Device, type Step } from "../src/index.js";
import { START, World } from "./world.js";

const DAY = 86_400;
let world: World;
let device: Device;

beforeEach(() => {
  world = new World();
  device = new Device(world.parts({ appVersion: "2.10.0" }));
});

function count(call: string): number {
  return world.calls.filter((one) => one === call).length;
}

async function refused(code: string, status: number): Promise<Extract<Step, { kind: "refused" }>> {
  world.fail("POST /v1/devices", { status, code });
  const step = await device.step("succeeded");
  assert.equal(step.kind, "refused");
  return step as Extract<Step, { kind: "refused" }>;
}

test("a new phone registers, signs in and beats", async () => {
  assert.deepEqual(await device.step("succeeded"), { kind: "beating", inSeconds: 21_600 });
  assert.deepEqual(world.beats.map((beat) => beat.outcome), ["succeeded"]);
  assert.match(world.deviceId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(await device.organizationName(), "Contoso");
});

test("a phone that was started anew goes on under its ID, without registering", async () => {
  await device.step("succeeded");
  await new Device(world.parts()).step("failed");
  assert.equal(count("POST /v1/devices"), 1);
  assert.deepEqual(world.beats.map((beat) => beat.outcome), ["succeeded", "failed"]);
});

test("calls of an app say its version, and neither token nor ID is in an address", async () => {
  await device.step("succeeded");
  assert.deepEqual(world.headers.map((one) => one["Calliente-App-Version"]), ["2.10.0", "2.10.0", undefined]);
  assert.ok(world.calls.every((call) => !call.includes(world.deviceId())));
});

test("a phone that is gone registers under a new ID, once", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  world.devices.clear();
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.notEqual(world.deviceId(), old);
  assert.equal(count("POST /v1/devices"), 2);
  world.fail("POST /v1/heartbeats", ...Array(4).fill({ status: 410, code: "device_gone" }));
  assert.equal((await device.step("succeeded")).kind, "later");
  assert.equal(count("POST /v1/devices"), 3);
});

test("a phone whose Firebase user is gone registers under a new ID, once", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  world.users.clear();
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.notEqual(world.deviceId(), old);
  assert.equal(count("POST /v1/devices"), 2);
});

test("a phone that has lost its session keeps its ID", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  world.session = undefined;
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.equal(world.deviceId(), old);
});

test("a proof is renewed before it is asked for, under the same ID", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  for (let beats = 0; beats < 60 * 4; beats++) {
    world.later(DAY / 4);
    assert.equal((await device.step("succeeded")).kind, "beating");
  }
  assert.equal(world.deviceId(), old);
  assert.equal(count("POST /v1/devices"), 3);
});

test("a fleet that signed in on one day renews its proofs over days", async () => {
  const days = new Set<number>();
  for (let number = 0; number < 200; number++) {
    const other = new World();
    other.seed = number * 7919 + 1;
    await new Device(other.parts()).step("succeeded");
    const state = JSON.parse(other.kept.get("calliente.device") ?? "") as { renewProofAt: number };
    const day = (state.renewProofAt - other.now) / (DAY * 1000);
    assert.ok(day >= 27 && day < 29.6);
    days.add(Math.floor(day * 4));
  }
  assert.ok(days.size >= 9);
});

test("a phone that slept through its proof renews it when asked", async () => {
  await device.step("succeeded");
  world.fail("POST /v1/devices", { status: 503, code: "unavailable", retryAfter: 5 });
  world.later(31 * DAY);
  assert.equal((await device.step("succeeded")).kind, "beating");
});

test("a person who is blocked at Entra beats until the proof is over, and no longer", async () => {
  await device.step("succeeded");
  world.entraBlocked = true;
  world.later(29.9 * DAY);
  assert.equal((await device.step("succeeded")).kind, "beating");
  world.later(0.2 * DAY);
  assert.equal((await device.step("succeeded")).kind, "signInNeeded");
});

test("a refused token is renewed once, then the proof", async () => {
  await device.step("succeeded");
  world.fail("POST /v1/heartbeats", { status: 401, code: "unauthenticated" });
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.equal(count("POST /v1/devices"), 1);
  const refusals = Array(2).fill({ status: 401, code: "unauthenticated" });
  world.fail("POST /v1/heartbeats", ...refusals);
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.equal(count("POST /v1/devices"), 2);
});

test("a refused access token is asked for once more, then the person is", async () => {
  world.fail("POST /v1/devices", { status: 401, code: "unauthenticated" });
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.equal(count("entra fresh"), 1);
  const other = new Device({ ...world.parts(), store: new World().store });
  world.fail("POST /v1/devices", ...Array(2).fill({ status: 401, code: "unauthenticated" }));
  assert.equal((await other.step("succeeded")).kind, "signInNeeded");
});

test("a registration backs off, up to an hour, never sooner than told", async () => {
  world.fail("POST /v1/devices", ...Array(12).fill({ status: 503, code: "unavailable", retryAfter: 15 }));
  const waits: number[] = [];
  for (let tries = 0; tries < 12; tries++) {
    const step = await device.step("succeeded");
    assert.equal(step.kind, "later");
    if (step.kind === "later") waits.push(step.inSeconds);
  }
  waits.forEach((wait, tries) => {
    const least = Math.max(15, Math.min(3600, 10 * 2 ** tries));
    assert.ok(wait >= least && wait <= least * 1.5, `${tries}: ${wait}`);
  });
  assert.equal((await device.step("succeeded")).kind, "beating");
});

test("a beat that fails comes once more within the interval, then with the next", async () => {
  await device.step("succeeded");
  for (const fault of [{ status: 503, code: "unavailable", retryAfter: 20 }, "no answer"] as const) {
    world.fail("POST /v1/heartbeats", fault, fault);
    const [first, second] = [await device.step("succeeded"), await device.step("succeeded")];
    assert.ok(first.kind === "later" && second.kind === "later");
    if (first.kind === "later" && second.kind === "later") {
      assert.ok(first.inSeconds < 21_600);
      assert.ok(second.inSeconds >= 21_600 * 0.9);
      if (fault !== "no answer") assert.ok(first.inSeconds >= 20);
    }
    assert.equal((await device.step("succeeded")).kind, "beating");
  }
});

test("too many beats wait as long as told, and the ID stays", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  world.fail("POST /v1/heartbeats", { status: 429, code: "too_many_requests", retryAfter: 40 });
  const step = await device.step("succeeded");
  assert.ok(step.kind === "later" && step.inSeconds >= 40 && step.inSeconds <= 60);
  assert.equal(world.deviceId(), old);
});

test("what Firebase has no answer for is tried later, and nothing is thrown away", async () => {
  await device.step("succeeded");
  const old = world.deviceId();
  world.fail("firebase", "no answer");
  assert.equal((await device.step("succeeded")).kind, "later");
  assert.equal((await device.step("succeeded")).kind, "beating");
  assert.equal(world.deviceId(), old);
});

for (const [code, status, contacts] of [
  ["tenant_not_onboarded", 403, "keep"],
  ["tenant_closing", 409, "keep"],
  ["tenant_purging", 409, "remove"],
  ["app_outdated", 403, "keep"],
  ["app_not_attested", 403, "keep"],
  ["insufficient_scope", 403, "keep"],
  ["malformed", 400, "keep"],
] as const) {
  test(`a new phone that hears ${code} comes back once a day, and contacts: ${contacts}`, async () => {
    const step = await refused(code, status);
    assert.equal(step.contacts, contacts);
    assert.ok(step.inSeconds >= DAY && step.inSeconds <= DAY * 1.1);
    assert.equal((await device.step("succeeded")).kind, "beating");
  });
}

test("an organization that has left is told to the phone, and its contacts go", async () => {
  await device.step("succeeded");
  world.devices.clear();
  assert.equal((await refused("tenant_not_onboarded", 403)).contacts, "remove");
});

test("a closing organization's phone goes on beating when its proof is due early", async () => {
  await device.step("succeeded");
  world.later(29.7 * DAY);
  world.fail("POST /v1/devices", { status: 409, code: "tenant_closing" });
  assert.equal((await device.step("succeeded")).kind, "beating");
});

test("a field that is not published is told, at most once a day, and never its name", async () => {
  await device.step("succeeded");
  assert.equal(world.beats.length, 1);
  world.devices.set(world.deviceId(), ["lastHeartbeatAt", "lastPlace"]);
  await device.step("succeeded");
  assert.equal(world.beats.length, 2);
  world.later(DAY);
  await device.step("succeeded");
  await device.step("succeeded");
  const outcomes = world.beats.map((beat) => beat.outcome);
  assert.deepEqual(outcomes.slice(2), ["succeeded", "inventory_mismatch", "succeeded"]);
});

test("a member of the registration's answer that is not published is told", async () => {
  world.extraMember = "userName";
  await device.step("succeeded");
  assert.deepEqual(world.beats.map((beat) => beat.outcome), ["succeeded", "inventory_mismatch"]);
});

test("an inventory that cannot be had stops nothing", async () => {
  world.fail("GET /v1/inventory", "no answer");
  assert.equal((await device.step("succeeded")).kind, "beating");
});

test("signing out leaves nothing, here and there", async () => {
  await device.step("succeeded");
  assert.deepEqual(await device.leave(), { kind: "left" });
  assert.equal(world.devices.size + world.users.size + world.kept.size, 0);
  assert.deepEqual(await device.leave(), { kind: "left" });
});

test("a sign-out that was refused is finished before anything else, after a restart too", async () => {
  await device.step("succeeded");
  world.fail("DELETE /v1/devices/self", { status: 503, code: "unavailable", retryAfter: 200 }, "no answer");
  const step = await device.leave();
  assert.ok(step.kind === "later" && step.inSeconds >= 200);
  const again = new Device(world.parts());
  assert.equal((await again.step("succeeded")).kind, "later");
  assert.deepEqual(await again.step("succeeded"), { kind: "left" });
  assert.equal(world.beats.length, 1);
});

test("an app that starts anew waits for what is left of its interval", async () => {
  await device.step("succeeded");
  world.later(6_000);
  const again = new Device(world.parts());
  assert.equal(await again.secondsLeft(), 15_600);
  const stop = new AbortController();
  await again.run(() => "succeeded", () => stop.abort(), stop.signal);
  assert.deepEqual(world.beats.map((beat) => beat.at - START), [0, 21_600_000]);
});

test("a route that will go is reported", async () => {
  const reported: string[] = [];
  world.deprecated.add("POST /v1/heartbeats");
  const onDeprecated = (route: string, sunset: string): void => void reported.push(`${route}: ${sunset}`);
  await new Device(world.parts({ onDeprecated })).step("succeeded");
  assert.deepEqual(reported, ["POST /v1/heartbeats: Fri, 01 Jan 2027 00:00:00 GMT"]);
});

test("a phone beats for a year with whatever fails, and ends registered and beating", async () => {
  const routes = ["POST /v1/devices", "POST /v1/heartbeats", "GET /v1/inventory", "firebase"];
  const stop = new AbortController();
  let last: Step | undefined;
  const end = world.now + 365 * DAY * 1000;
  await device.run(
    () => "succeeded",
    (step) => {
      last = step;
      if (world.now > end && step.kind === "beating") stop.abort();
      if (world.now > end) return;
      const route = routes[Math.floor(world.around.random() * routes.length)] ?? "";
      const drawn = world.around.random();
      if (drawn < 0.1) world.fail(route, "no answer");
      else if (drawn < 0.2 && route !== "firebase") {
        world.fail(route, { status: 503, code: "unavailable", retryAfter: 5 });
      } else if (drawn < 0.21) world.users.clear();
      else if (drawn < 0.22) world.devices.clear();
    },
    stop.signal,
  );
  assert.equal(last?.kind, "beating");
  assert.ok(world.beats.length > 800, String(world.beats.length));
  assert.ok(world.devices.has(world.deviceId()));
});
