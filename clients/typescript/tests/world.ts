/** A backend, Firebase and Entra in memory, on a clock that leaps; each can fail. */

import { Away, NoSession, SignInNeeded, UserGone } from "../src/index.js";
import type { Entra, Firebase, Parts, Store, Surroundings } from "../src/index.js";

export const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const DEVICE_FIELDS = ["lastHeartbeatAt", "lastSyncAt", "lastOutcome"];
const MEMBERS = ["deviceId", "customToken", "heartbeatIntervalSeconds", "organizationName"];

export type Fault = { status: number; code?: string; retryAfter?: number } | "no answer";

export class World {
  now = START;
  seed = 1;
  /** Answers that come before the real ones, per route, in this order. */
  faults = new Map<string, Fault[]>();
  devices = new Map<string, string[]>(); // registered IDs, with the names of their stored fields
  users = new Map<string, number>(); // Firebase's, with the time of their sign-in
  calls: string[] = [];
  beats: { device: string; outcome: string; at: number }[] = [];
  headers: Record<string, string>[] = [];
  session: string | undefined; // of the phone
  entraBlocked = false;
  extraMember: string | undefined;
  deprecated = new Set<string>();
  kept = new Map<string, string>();

  parts(options: Parts["options"] = {}): Parts {
    return {
      addresses: { registration: "https://registration.example", heartbeat: "https://heartbeat.example" },
      entra: this.entra,
      firebase: this.firebase,
      store: this.store,
      around: this.around,
      options,
    };
  }

  fail(route: string, ...faults: Fault[]): void {
    this.faults.set(route, [...(this.faults.get(route) ?? []), ...faults]);
  }

  later(seconds: number): void {
    this.now += seconds * 1000;
  }

  deviceId(): string {
    return (JSON.parse(this.kept.get("calliente.device") ?? "{}") as { deviceId: string }).deviceId;
  }

  readonly entra: Entra = {
    accessToken: async (fresh) => {
      this.calls.push(fresh ? "entra fresh" : "entra");
      if (this.entraBlocked) throw new SignInNeeded("AADSTS50057");
      return "entra-token";
    },
  };

  readonly firebase: Firebase = {
    signIn: async (customToken) => {
      this.take("firebase");
      this.session = customToken.replace("custom-", "");
      this.users.set(this.session, this.now);
    },
    idToken: async (_fresh) => {
      this.take("firebase");
      if (this.session === undefined) throw new NoSession();
      if (!this.users.has(this.session)) throw new UserGone("auth/user-token-expired");
      return `id-${this.session}`;
    },
    signOut: async () => {
      this.session = undefined;
    },
    ownFields: async () => this.devices.get(this.session ?? "") ?? [],
  };

  readonly store: Store = {
    get: async (key) => this.kept.get(key),
    set: async (key, value) => void this.kept.set(key, value),
    remove: async (key) => void this.kept.delete(key),
  };

  readonly around: Surroundings = {
    now: () => this.now,
    random: () => {
      this.seed = (this.seed * 48_271) % 2_147_483_647;
      return this.seed / 2_147_483_647;
    },
    randomUUID: () => crypto.randomUUID(),
    sleep: async (seconds) => this.later(seconds),
    fetch: async (url, options) => {
      const route = `${options.method ?? "GET"} ${new URL(url).pathname}`;
      this.calls.push(route);
      this.headers.push(options.headers as Record<string, string>);
      const fault = this.take(route);
      const answer = fault ?? this.answer(route, options);
      const body = answer.body === undefined ? undefined : JSON.stringify(answer.body);
      const headers = new Headers(body === undefined ? {} : { "Content-Type": "application/json" });
      if (answer.retryAfter) headers.set("Retry-After", String(answer.retryAfter));
      if (this.deprecated.has(route)) {
        headers.set("Deprecation", "@1782864000");
        headers.set("Sunset", "Fri, 01 Jan 2027 00:00:00 GMT");
      }
      return new Response(answer.status === 204 ? null : (body ?? ""), { status: answer.status, headers });
    },
  };

  /** A fault that is due; throws where there is no answer. */
  private take(route: string): { status: number; body?: unknown; retryAfter?: number } | undefined {
    const fault = this.faults.get(route)?.shift();
    if (fault === undefined) return undefined;
    if (fault === "no answer") throw route === "firebase" ? new Away(route) : new TypeError("fetch failed");
    return { status: fault.status, body: { code: fault.code }, retryAfter: fault.retryAfter ?? 0 };
  }

  private answer(
    route: string,
    options: RequestInit,
  ): { status: number; body?: unknown; retryAfter?: number } {
    const body = options.body === undefined ? {} : (JSON.parse(String(options.body)) as Record<string, string>);
    const token = (options.headers as Record<string, string>)["Authorization"] ?? "";
    const device = token.replace("Bearer id-", "");
    switch (route) {
      case "POST /v1/devices": {
        const id = body["deviceId"] ?? "";
        const known = this.devices.has(id);
        if (!known) this.devices.set(id, ["lastHeartbeatAt"]);
        const values: Record<string, unknown> = {
          deviceId: id,
          customToken: `custom-${id}`,
          heartbeatIntervalSeconds: 21_600,
          organizationName: "Contoso",
        };
        if (this.extraMember) values[this.extraMember] = "x";
        return { status: known ? 200 : 201, body: values };
      }
      case "POST /v1/heartbeats": {
        if (this.now - (this.users.get(device) ?? 0) > 30 * DAY) {
          return { status: 401, body: { code: "reauthenticate" } };
        }
        if (!this.devices.has(device)) return { status: 410, body: { code: "device_gone" } };
        this.beats.push({ device, outcome: body["outcome"] ?? "", at: this.now });
        const fields = this.devices.get(device) ?? [];
        this.devices.set(device, [...new Set([...fields, ...DEVICE_FIELDS])]);
        return { status: 200, body: { nextHeartbeatInSeconds: 21_600 } };
      }
      case "DELETE /v1/devices/self":
        this.devices.delete(device);
        this.users.delete(device);
        return { status: 204 };
      case "GET /v1/inventory":
        return { status: 200, body: { device: DEVICE_FIELDS, tenant: [], registration: MEMBERS, inventory: "" } };
    }
    return { status: 404, body: { code: "not_found" } };
  }
}
