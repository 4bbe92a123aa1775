/**
 * One phone, as docs/mobile.md wants it: it registers, beats, backs off, proves its access anew, begins anew where it
 * is gone, and audits what is stored about it. A failure of it is never a reason to stop a sync with Graph.
 */

import { Backend, type Addresses, type Answer, type Code, type Options, type Outcome } from "./backend.js";
import { meaning, type Contacts } from "./meaning.js";
import { Away, NoSession, SignInNeeded, UserGone } from "./ports.js";
import type { Entra, Firebase, Store, Surroundings } from "./ports.js";
import { forget, load, newState, save, type State } from "./state.js";
import { DAY, MINUTE, backOff, renewProofAfter, spread, withinInterval } from "./waits.js";

/** What came of a step. inSeconds: when the next one is due. */
export type Step =
  | { kind: "beating"; inSeconds: number }
  | { kind: "later"; inSeconds: number; code: Code | "no_answer" }
  | { kind: "refused"; inSeconds: number; code: Code | "unknown"; contacts: Contacts }
  | { kind: "signInNeeded"; inSeconds: number }
  | { kind: "left" };

export interface Parts {
  addresses: Addresses;
  entra: Entra;
  firebase: Firebase;
  store: Store;
  around: Surroundings;
  options?: Options;
}

type Registered = { state: State } | { step: Step };

export class Device {
  private readonly backend: Backend;
  private failedBeats = 0;
  private failedRegistrations = 0;

  constructor(private readonly parts: Parts) {
    this.backend = new Backend(parts.addresses, parts.around, parts.options ?? {});
  }

  /** What the phone shows: the organization's name, once it is registered. */
  async organizationName(): Promise<string> {
    return (await load(this.parts.store))?.organizationName ?? "";
  }

  /** After a sync, or when the last step's seconds are over: everything that is due. Rejects with no refusal. */
  async step(outcome: Outcome): Promise<Step> {
    const step = await this.tried(outcome);
    const { around, store } = this.parts;
    const state = await load(store);
    if (state !== undefined && step.kind !== "left") {
      await save(store, { ...state, nextAt: around.now() + step.inSeconds * 1000 });
    }
    return step;
  }

  private async tried(outcome: Outcome): Promise<Step> {
    try {
      const state = await load(this.parts.store);
      return state?.leaving ? await this.finishLeaving() : await this.live(state, outcome);
    } catch (error) {
      if (error instanceof SignInNeeded) return { kind: "signInNeeded", inSeconds: DAY };
      if (!(error instanceof Away)) throw error;
      return this.registrationLater(0, "no_answer");
    }
  }

  /** Give the identity up; where the backend cannot be reached, the next step goes on with it. */
  async leave(): Promise<Step> {
    const state = await load(this.parts.store);
    if (state === undefined) return { kind: "left" };
    await save(this.parts.store, { ...state, leaving: true });
    return this.finishLeaving();
  }

  /** Beat until `signal` is aborted or the phone has left. lastOutcome: of the last sync. */
  async run(
    lastOutcome: () => Outcome,
    onStep: (step: Step) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { around } = this.parts;
    await around.sleep(await this.secondsLeft(), signal).catch(() => undefined);
    while (!signal.aborted) {
      const step = await this.step(lastOutcome());
      onStep(step);
      if (step.kind === "left") return;
      await around.sleep(step.inSeconds, signal).catch(() => undefined);
    }
  }

  /** Until the next step is due: an app that starts anew, after an update for one, does not beat at once. */
  async secondsLeft(): Promise<number> {
    const state = await load(this.parts.store);
    return state === undefined ? 0 : Math.max(0, (state.nextAt - this.parts.around.now()) / 1000);
  }

  private async live(known: State | undefined, outcome: Outcome): Promise<Step> {
    let state = known ?? newState(this.parts.around.randomUUID());
    if (!state.registered || this.parts.around.now() >= state.renewProofAt) {
      const registered = await this.registerAgain(state);
      if ("step" in registered) return registered.step;
      state = registered.state;
    }
    return this.beat(state, outcome, true);
  }

  /** Early, while the old proof still counts, a failure is no reason to stop beating. */
  private async registerAgain(state: State): Promise<Registered> {
    if (!state.registered) return this.register(state);
    try {
      const registered = await this.register(state);
      if ("state" in registered) return registered;
      if (registered.step.kind === "refused" && registered.step.contacts === "remove") return registered;
    } catch (error) {
      if (!(error instanceof SignInNeeded || error instanceof Away)) throw error;
    }
    return { state };
  }

  private async beat(state: State, outcome: Outcome, mayRecover: boolean): Promise<Step> {
    let answer: Answer<{ nextHeartbeatInSeconds: number }>;
    try {
      answer = await this.backend.beat(await this.parts.firebase.idToken(false), outcome);
      if (answer.code === "unauthenticated") {
        answer = await this.backend.beat(await this.parts.firebase.idToken(true), outcome);
      }
    } catch (error) {
      if (error instanceof UserGone) return this.recover(this.anew(), outcome, mayRecover);
      if (error instanceof NoSession) return this.recover(state, outcome, mayRecover);
      if (error instanceof Away) return this.beatLater(state, 0, "no_answer");
      throw error;
    }
    if (answer.body !== undefined) {
      this.failedBeats = 0;
      await this.auditOnceADay(state);
      return { kind: "beating", inSeconds: answer.body.nextHeartbeatInSeconds };
    }
    const meant = meaning(answer, true);
    if (meant.kind === "gone") return this.recover(this.anew(), outcome, mayRecover);
    if (meant.kind === "prove") return this.recover(state, outcome, mayRecover);
    if (answer.status === 429) {
      const inSeconds = spread(Math.max(answer.retryAfter, 1), this.parts.around.random());
      return { kind: "later", inSeconds, code: answer.code ?? "too_many_requests" };
    }
    if (meant.kind === "later") return this.beatLater(state, answer.retryAfter, answer.code ?? "internal");
    return this.refused(answer, meant);
  }

  /** Register, under an ID that is new or the same, and beat again: once, never in a loop. */
  private async recover(state: State, outcome: Outcome, mayRecover: boolean): Promise<Step> {
    if (!mayRecover) return { kind: "later", inSeconds: state.intervalSeconds, code: "no_answer" };
    const registered = await this.register(state);
    return "step" in registered ? registered.step : this.beat(registered.state, outcome, false);
  }

  private anew(): State {
    return newState(this.parts.around.randomUUID());
  }

  private async register(state: State): Promise<Registered> {
    const { entra, around, store, firebase } = this.parts;
    const wasRegistered = (await load(store))?.registered ?? false;
    await save(store, state);
    let answer = await this.backend.register(await entra.accessToken(false), state.deviceId);
    if (answer.status === 401) {
      answer = await this.backend.register(await entra.accessToken(true), state.deviceId);
      if (answer.status === 401) throw new SignInNeeded("the access token is refused");
    }
    if (answer.body === undefined) {
      const meant = meaning(answer, wasRegistered);
      if (meant.kind === "later") {
        return { step: this.registrationLater(answer.retryAfter, answer.code ?? "internal") };
      }
      const refused = this.refused(answer, meant);
      if (refused.contacts === "remove") await save(store, { ...state, registered: false });
      return { step: refused };
    }
    await firebase.signIn(answer.body.customToken);
    const next: State = {
      ...state,
      registered: true,
      organizationName: answer.body.organizationName,
      intervalSeconds: answer.body.heartbeatIntervalSeconds,
      renewProofAt: around.now() + renewProofAfter(around.random()) * 1000,
      told: Object.keys(answer.body),
    };
    await save(store, next);
    this.failedRegistrations = 0;
    return { state: next };
  }

  private async auditOnceADay(state: State): Promise<void> {
    const { around, store, firebase } = this.parts;
    if (around.now() < state.auditAt) return;
    await save(store, { ...state, auditAt: around.now() + DAY * 1000 });
    try {
      const published = (await this.backend.inventory()).body;
      if (published === undefined) return;
      const stored = await firebase.ownFields();
      const isPublished =
        stored.every((name) => published.device.includes(name)) &&
        state.told.every((name) => published.registration.includes(name));
      if (!isPublished) {
        await this.backend.beat(await firebase.idToken(false), "inventory_mismatch");
      }
    } catch {
      return; // tomorrow again
    }
  }

  private async finishLeaving(): Promise<Step> {
    const { firebase, store } = this.parts;
    try {
      let answer = await this.backend.leave(await firebase.idToken(false));
      if (answer.status === 401) answer = await this.backend.leave(await firebase.idToken(true));
      if (answer.status === 429 || answer.status >= 500) {
        return this.registrationLater(answer.retryAfter, answer.code ?? "internal");
      }
    } catch (error) {
      if (error instanceof Away) return this.registrationLater(0, "no_answer");
      if (!(error instanceof UserGone || error instanceof NoSession)) throw error;
    }
    await firebase.signOut();
    await forget(store);
    return { kind: "left" };
  }

  private registrationLater(retryAfter: number, code: Code | "no_answer"): Step {
    this.failedRegistrations += 1;
    const inSeconds = backOff(this.failedRegistrations, retryAfter, this.parts.around.random());
    return { kind: "later", inSeconds, code };
  }

  /** Once within the interval; a beat that fails again waits for the next one. */
  private beatLater(state: State, retryAfter: number, code: Code | "no_answer"): Step {
    this.failedBeats += 1;
    const random = this.parts.around.random();
    const first = code === "internal" ? MINUTE : withinInterval(state.intervalSeconds, retryAfter, random);
    const inSeconds = this.failedBeats === 1 ? first : Math.max(retryAfter, state.intervalSeconds * (0.9 + 0.2 * random));
    return { kind: "later", inSeconds, code };
  }

  private refused(
    answer: Answer<unknown>,
    meant: ReturnType<typeof meaning>,
  ): Extract<Step, { kind: "refused" }> {
    const contacts = meant.kind === "daily" ? meant.contacts : "keep";
    const inSeconds = DAY * (1 + this.parts.around.random() / 10);
    return { kind: "refused", inSeconds, code: answer.code ?? "unknown", contacts };
  }
}
