/** How long to wait before the next try, as docs/mobile.md says. All in seconds. */

export const DAY = 86_400;
export const MINUTE = 60;
const FIRST = 10;
const MOST = 3600;

/** A wait, and a random part of up to half of it, so that those who were sent away together come back apart. */
export function spread(seconds: number, random: number): number {
  return seconds * (1 + random / 2);
}

/** 10, 20, 40 … up to an hour, never sooner than told. tries: that have failed, from 1. */
export function backOff(tries: number, retryAfter: number, random: number): number {
  return spread(Math.max(retryAfter, Math.min(MOST, FIRST * 2 ** (tries - 1))), random);
}

/** A beat that was not taken comes once more within the interval: a backoff would bring a fleet back as one. */
export function withinInterval(interval: number, retryAfter: number, random: number): number {
  return retryAfter + random * Math.max(0, interval - retryAfter);
}

/** When to register again, of the 30 days that a sign-in counts: a moment of the last three. */
export function renewProofAfter(random: number): number {
  return (27 + 2.5 * random) * DAY;
}

/** Retry-After of an answer; 0 without one. */
export function retryAfter(answer: Response): number {
  const seconds = Number(answer.headers.get("Retry-After") ?? "0");
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}
