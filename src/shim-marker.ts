/**
 * Stands in every build of the shim, of any version: the build appends it, between line ends, to the finished
 * executable (Bun 1.4.5 keeps its payload in a section of its own, so bytes after the ELF or PE file change nothing;
 * measured on Linux). A shell wrapper around a run from source has it in a comment.
 */
export const SHIM_MARKER = "clauth-shim:7f3a51c0";

/** A script has it in so many of its first bytes, any other file in its last ones. */
export const EXCERPT_BYTES = 4096;
