/*
 * Names of claude home that need more than a link. Apart from the lists of all names, which a start that verifies no tree does
 * not load.
 */

/** The one directory that holds shared and private entries side by side. */
export const SPLIT_DIRECTORY = "state";

/** Shared files into which Claude Code writes absolute paths as its own CLAUDE_CONFIG_DIR spells them. */
export const LEAKY_FILES = ["plugins/installed_plugins.json", "plugins/known_marketplaces.json"] as const;
