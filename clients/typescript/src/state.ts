/** What a phone keeps between its starts. Nothing in it is about the person. */

import type { Store } from "./ports.js";

const KEY = "calliente.device";

export interface State {
  deviceId: string;
  /** Whether the backend has answered a registration of this ID with success. */
  registered: boolean;
  organizationName: string;
  intervalSeconds: number;
  /** Milliseconds since 1970: when to prove the person's access anew, and when to look at what is stored. */
  renewProofAt: number;
  auditAt: number;
  /** When the next step is due: an app that starts anew waits for what is left of it. */
  nextAt: number;
  /** The members of the last registration's answer. */
  told: string[];
  /** A sign-out that has not reached the backend yet. */
  leaving: boolean;
}

export function newState(deviceId: string): State {
  return {
    deviceId,
    registered: false,
    organizationName: "",
    intervalSeconds: 21_600,
    renewProofAt: 0,
    auditAt: 0,
    nextAt: 0,
    told: [],
    leaving: false,
  };
}

export async function load(store: Store): Promise<State | undefined> {
  const text = await store.get(KEY);
  if (text === undefined) return undefined;
  try {
    return { ...newState(""), ...(JSON.parse(text) as State) };
  } catch {
    return undefined;
  }
}

export async function save(store: Store, state: State): Promise<void> {
  await store.set(KEY, JSON.stringify(state));
}

export async function forget(store: Store): Promise<void> {
  await store.remove(KEY);
}
