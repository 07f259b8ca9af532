import type { ProfileConfig } from "./profile-config.ts";

/** What an empty text says, without the judgement of one, which every start of such a profile would make. */
export const PLAIN_LOGIN: ProfileConfig = {
  baseUrl: undefined,
  apiKey: undefined,
  account: undefined,
  env: [],
  models: [],
  isolate: [],
  keepEnv: [],
  home: false,
};
