export { Device, type Parts, type Step } from "./device.js";
export type { Addresses, Code, Options, Outcome } from "./backend.js";
export type { Contacts } from "./meaning.js";
export { Away, NoSession, SignInNeeded, UserGone } from "./ports.js";
export type { Entra, Firebase, Store, Surroundings } from "./ports.js";
