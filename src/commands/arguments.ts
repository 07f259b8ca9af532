/** Arguments that several commands take. */
export const JSON_FLAG = { type: "boolean", description: "print JSON" } as const;

export const PROFILE = { type: "positional", required: true, description: "the profile" } as const;

export const CHOICE = { type: "positional", required: true, description: "the profile, or system" } as const;
