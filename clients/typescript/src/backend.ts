/** The backend's four calls. Every answer comes back as it is; only no answer at all rejects, with Away. */

import type { components } from "./api.js";
import { Away, type Surroundings } from "./ports.js";
import { retryAfter } from "./waits.js";

type Schemas = components["schemas"];
export type Code = Schemas["Problem"]["code"];
export type Outcome = Schemas["HeartbeatBody"]["outcome"];
export type Registration = Schemas["RegistrationAnswer"];
export type Inventory = Schemas["Inventory"];

const TIMEOUT_SECONDS = 15;

export interface Addresses {
  /** Base URL of device_registration, and of heartbeat; neither with a slash at its end. */
  registration: string;
  heartbeat: string;
}

export interface Options {
  /** Three numbers, as in 2.10.0. */
  appVersion?: string;
  /** A token of Firebase App Check, where the deployment asks for it. */
  appCheckToken?: () => Promise<string>;
  /** Called where a route says that it will go: report it as a fault of this version of the app. */
  onDeprecated?: (route: string, sunset: string) => void;
}

export interface Answer<Body> {
  status: number;
  /** Of a problem; undefined for a success, and for what is no problem of ours. */
  code: Code | undefined;
  retryAfter: number;
  body: Body | undefined;
}

export class Backend {
  constructor(
    private readonly addresses: Addresses,
    private readonly around: Surroundings,
    private readonly options: Options,
  ) {}

  register(token: string, deviceId: string): Promise<Answer<Registration>> {
    return this.send(`${this.addresses.registration}/v1/devices`, "POST", token, { deviceId });
  }

  beat(token: string, outcome: Outcome): Promise<Answer<Schemas["HeartbeatAnswer"]>> {
    return this.send(`${this.addresses.heartbeat}/v1/heartbeats`, "POST", token, { outcome });
  }

  leave(token: string): Promise<Answer<never>> {
    return this.send(`${this.addresses.registration}/v1/devices/self`, "DELETE", token);
  }

  inventory(): Promise<Answer<Inventory>> {
    return this.send(`${this.addresses.registration}/v1/inventory`, "GET");
  }

  private async send<Body>(
    url: string,
    method: string,
    token?: string,
    body?: object,
  ): Promise<Answer<Body>> {
    const headers: Record<string, string> = {};
    if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST") await this.addAppHeaders(headers);
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), TIMEOUT_SECONDS * 1000);
    try {
      const answer = await this.around.fetch(url, {
        method,
        headers,
        signal: given.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      this.noteDeprecation(`${method} ${new URL(url).pathname}`, answer);
      return await read<Body>(answer);
    } catch (error) {
      throw new Away("the backend", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private async addAppHeaders(headers: Record<string, string>): Promise<void> {
    const { appVersion, appCheckToken } = this.options;
    if (appVersion !== undefined) headers["Calliente-App-Version"] = appVersion;
    if (appCheckToken !== undefined) headers["X-Firebase-AppCheck"] = await appCheckToken();
  }

  private noteDeprecation(route: string, answer: Response): void {
    if (answer.headers.has("Deprecation")) {
      this.options.onDeprecated?.(route, answer.headers.get("Sunset") ?? "");
    }
  }
}

async function read<Body>(answer: Response): Promise<Answer<Body>> {
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const content: unknown = isJson ? await answer.json() : undefined;
  const code = answer.ok ? undefined : (content as { code?: Code } | undefined)?.code;
  const body = answer.ok ? (content as Body) : undefined;
  return { status: answer.status, code, retryAfter: retryAfter(answer), body };
}
