import { fingerprint, type JudgedFile } from "./judge-credentials.ts";

/** Fingerprints of the refresh tokens that a profile has had, oldest first. A token that came back stands there twice. */
export type TokenHistory = readonly string[];

/** With the token of `login`, where it is not known yet. */
export function withSeen(history: TokenHistory, login: JudgedFile | undefined): TokenHistory {
  if (login?.refreshToken === undefined) return history;
  return history.includes(fingerprint(login.refreshToken)) ? history : withNewest(history, login);
}

/** With the token of `login` as the newest, so that every other known one counts as older. */
export function withNewest(history: TokenHistory, login: JudgedFile | undefined): TokenHistory {
  if (login?.refreshToken === undefined) return history;
  const token = fingerprint(login.refreshToken);
  return history.at(-1) === token ? history : [...history, token].slice(-HISTORY_LENGTH);
}

/** Weeks of hourly refreshes: a backup from before that is judged by its time alone. */
const HISTORY_LENGTH = 500;

/** True where the token of `login` is in the history; one that has none is nothing new. */
export function knows(history: TokenHistory, { refreshToken }: JudgedFile): boolean {
  return refreshToken === undefined || history.includes(fingerprint(refreshToken));
}

/** Where an older token stands; an unknown one and the newest stand after all of them. */
export function placeInHistory(history: TokenHistory, { refreshToken }: JudgedFile): number {
  const place = refreshToken === undefined ? -1 : history.lastIndexOf(fingerprint(refreshToken));
  return place === -1 || place === history.length - 1 ? Infinity : place;
}
