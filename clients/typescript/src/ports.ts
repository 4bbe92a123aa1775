/** What the client needs from a phone. Each is passed in, so that any platform's own can be: see README.md. */

/** Entra gives no access token without the person, or not any more. */
export class SignInNeeded extends Error {}

/** Firebase knows this phone no more, or its session is over for good. */
export class UserGone extends Error {}

/** The phone has no session at Firebase: none was kept. */
export class NoSession extends Error {}

/** Somebody has no answer now, or wants to be asked later. */
export class Away extends Error {}

export interface Entra {
  /** An access token for the scope Devices.Register. fresh: not one that was refused. Rejects with SignInNeeded, Away. */
  accessToken(fresh: boolean): Promise<string>;
}

export interface Firebase {
  /** Rejects with Away. */
  signIn(customToken: string): Promise<void>;
  /** fresh: not one that was refused. Rejects with UserGone, NoSession, Away. */
  idToken(fresh: boolean): Promise<string>;
  signOut(): Promise<void>;
  /** The names of the fields of this phone's own document. Rejects where it cannot be read now. */
  ownFields(): Promise<string[]>;
}

/** Keeps texts on this phone alone: in no backup, and on no second phone (docs/mobile.md). */
export interface Store {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface Surroundings {
  fetch: (url: string, options: RequestInit) => Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A random UUID, version 4, from the platform's secure generator. */
  randomUUID(): string;
  /** Waits, or rejects when `signal` is aborted. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}
