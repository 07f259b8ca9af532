/**
 * What of the portable files can't pass with Windows' Bun under Wine, and why: names of tests, or their beginning with `*`. A test that is
 * listed and passes is a failure of the list.
 */
export type NotHere = {
  readonly why: string;
  readonly tests: Readonly<Record<string, readonly string[]>>;
};

export const NOT_HERE: readonly NotHere[] = [
  {
    why: "symbolic links: Wine makes none",
    tests: {
      "config/edit-config.test.ts": [
        "keeps a byte order mark, and writes through a link to a dotfiles repository",
      ],
      "disk/directory.test.ts": ["ensureDirectory takes a link to a directory for one"],
      "disk/read-file.test.ts": [
        "readRegularFile > follows a symlink",
        "readRegularFile > returns undefined for a missing name, a dangling link, and a file in place of the directory",
        "statFile > tells two names of one file from two files with equal bytes",
      ],
      "disk/write-file.test.ts": ["a symlink > *"],
      "environment/home-settings.test.ts": ["a home that is spelled through a symlink is the same place"],
      "lock/flock.test.ts": [
        "openLockFile > never follows a symlink, which could name a file of somebody else",
      ],
      "mirror/mirror-index.test.ts": [
        "the index > begins anew in the place of a link that leads nowhere, closed to others",
      ],
      "mirror/mirror-pass.test.ts": ["a link > *"],
      "mirror/watch-mirror.test.ts": [
        "a watch > follows a link of claude home, and none that leads in a circle",
      ],
      "own-executable.test.ts": ["knows itself by a symlink, a hard link and a copy"],
      "profile/create-profile.test.ts": [
        "one that can't be listed leaves no second holder of its login (invariant 2)",
      ],
      "profile/profiles.test.ts": [
        "the profiles of a store > a symlink in the place of a profile's directory does not pass for no profile",
      ],
      "reconcile/credentials.test.ts": [
        "the link > is put where there is none, and put right where it leads elsewhere",
      ],
      "reconcile/open-pass.test.ts": [
        "an overlay that decides the login is there, or nothing starts > it is never written through a link into claude home (alone: true)",
        "an overlay that decides the login is there, or nothing starts > it is never written through a link into claude home (alone: false)",
      ],
      "selection/rc-file.test.ts": [
        "refuses, and never falls through to a file above (DESIGN section 4) > a link that leads to nothing",
        "refuses, and never falls through to a file above (DESIGN section 4) > a link in a circle",
        'a link that leads out of its directory > names no profile with "hunter2", and no message shows it: it may be a secret of the user\'s',
        'a link that leads out of its directory > names no profile with "hunter2 and more", and no message shows it: it may be a secret of the user\'s',
        'a link that leads out of its directory > names no profile with "fake-token_0123456789", and no message shows it: it may be a secret of the user\'s',
        "a link that leads out of its directory > names a profile that exists",
        "follows a link to a file below",
      ],
      "selection/resolve.test.ts": ["inside a claude of ours > knows its tree in every spelling"],
      "selection/rules.test.ts": [
        "compares real paths, and takes ~ for the home directory",
        "refuses two rules for one directory that disagree, and takes two that agree",
      ],
      "selection/trust.test.ts": ["knows a file by its real path"],
      "session/open.test.ts": [
        "the first open > of a tree that the Rust tool built makes copies of the linked documents, without home's account",
      ],
      "tree/inspect.test.ts": ["a closed state/ costs its own entries and no others"],
      "tree/manifest.test.ts": [
        "names the file that each link leads to, as it was when linked",
        "follows a file that was edited through its link, so that the next conflict is judged by it",
      ],
    },
  },
  {
    why: "permission bits, umask: Windows has the read-only attribute alone",
    tests: {
      "config/config.test.ts": ["refuses a file that everybody may write"],
      "config/edit-config.test.ts": [
        "makes the file where it is missing, for its owner alone, and not for nothing",
      ],
      "disk/directory.test.ts": [
        "ensureDirectory makes every missing level with 0700 whatever the umask",
        "ensureDirectory leaves an existing directory and its mode alone",
        "what is made under the umask *",
      ],
      "disk/read-file.test.ts": [
        "readRegularFile > returns the bytes and what fstat said of them",
        "statFile > looks at a directory too, and returns undefined for nothing",
      ],
      "disk/write-file.test.ts": [
        "writeFileAtomic > makes a new file with 0600 whatever the umask",
        "writeFileAtomic > gives the mode that was asked for also under a strict umask",
        "writeFileAtomic > keeps the mode of an existing file when asked to, the executable bit too (trap 4)",
        "writeFileAtomic > tightens a loose file whose bytes are right already",
        "writeFileAtomic > never has the bytes in a file that others can read, not even while writing (trap 2)",
      ],
      "environment/remote-login.test.ts": ["a file that this user can't read is none for Claude either"],
      "lock/flock.test.ts": ["openLockFile > makes a 0600 file that programs started by us don't inherit"],
      "mirror/hard-places.test.ts": [
        "a file that may not be written is replaced all the same, and keeps its mode",
      ],
      "mirror/mirror-pass.test.ts": [
        "a file > that became executable is so on the other side",
        "a file > that became executable right after it was written is so, too",
      ],
      "profile/create-profile.test.ts": [
        "a profile stands in the list, with its login, for its owner alone",
        "an API key stands in its config.toml, for its owner alone",
      ],
      "profile/profiles.test.ts": [
        "editing the list > a list is made where there is none, for the owner alone",
      ],
      "quarantine.test.ts": [
        "quarantineFile > stores bytes closed to others, under the UTC time and the name that they had",
        "keepForQuarantine > puts a login on the disk, closed to others, and into no list",
        "recordConflicts > appends a line for each value that lost or was deleted, closed to others",
      ],
      "reconcile/open-pass.test.ts": [
        "before the start > the tree has what home has, and nothing of home's account",
      ],
      "selection/rc-file.test.ts": [
        "refuses, and never falls through to a file above (DESIGN section 4) > a file that everybody may write",
      ],
      "selection/remember-trust.test.ts": ["keeps what it does not know, in a file for the user alone"],
      "selection/trust.test.ts": ["fails closed on a record that everybody may write"],
      "session/open.test.ts": [
        "the first open > leaves directories and files of the store to their owner alone",
      ],
      "session/record.test.ts": [
        "createRecord > makes a 0600 file named by the process, that says who runs where",
      ],
      "tree/manifest.test.ts": ["is closed to others"],
    },
  },
  {
    why: "programs of Unix (git, sh, mkfifo, sleep), FIFOs and sockets in the file system",
    tests: {
      "mirror/hard-places.test.ts": ["a FIFO, and a name that is not UTF-8 are named; odd names come over"],
      "disk/read-file.test.ts": [
        "readRegularFile > refuses a FIFO without waiting for a writer",
        "readRegularFile > refuses a socket",
      ],
      "environment/overrides.test.ts": [
        "what beats a profile and can't be changed by us > of a repository the local settings at its root are read too, the others are not",
        "what beats a profile and can't be changed by us > from a worktree those of the main checkout are read",
        "what beats a profile and can't be changed by us > from a submodule its own are read, not those of the repository around it",
        "what beats a profile and can't be changed by us > a home directory that is a repository is not looked at from below",
      ],
      "lock/claude-locks.test.ts": [
        "with other processes > a signal that was ignored at the start stays harmless after the locks were loaded",
      ],
      "lock/flock.test.ts": ["openLockFile > refuses a FIFO without hanging, and a directory"],
      "profile/overlay.test.ts": ["the overlay of a profile > the shell reads the helper's path *"],
      "reconcile/open-pass.test.ts": [
        "the overlay > never comes home from a tree that was restored with its base, not even an older one",
        "the base is void, and nothing is deleted, > where the tree was restored from a backup",
        "the base is void, and nothing is deleted, > where claude home was restored from a backup",
      ],
      "selection/git-remote.test.ts": [
        "reads the remotes of the repository around a directory",
        "reads them in a linked worktree",
        "reads those of a submodule, not those of the repository around it",
        "follows a .git that is a link, and passes over one that is no repository",
        "refuses a config that another user may have written (as git does)",
        "reads a config as git reads it: quotes, escapes, comments, continued lines, case",
      ],
      "session/alone.test.ts": [
        "livesAlone > counts a claude whose shim was killed",
        "livesAlone > counts Claude Code's daemon, which holds no record",
        "othersMayWriteHome > is false without a sign of a claude, or with signs of ended ones alone",
      ],
      "session/record.test.ts": [
        "listRecords > takes anything but a regular file for unknown, and does not hang on a FIFO",
        "with other processes > a child that inherited the descriptor keeps the session alive after its shim was SIGKILLed",
      ],
      "tree/inspect.test.ts": ["says of every entry what it is, and follows the links of claude home alone"],
    },
  },
  {
    why: "a death by a signal, which Windows reports as an exit code",
    tests: {
      "disk/sweep.test.ts": ["a writer killed at *", "what a killed writer left *"],
      "session/remove-profile.test.ts": [
        "killed before the move the profile is as it was, and can be removed again",
      ],
      "session/rename-profile.test.ts": ["killed at rename:*"],
    },
  },
  {
    why: "expects the slashes of Unix in what it compares",
    tests: {
      "environment/overrides.test.ts": [
        "what beats a profile and can't be changed by us > identity keys of the project's settings are named with their file, never with a value",
        "what beats a profile and can't be changed by us > a key of the profile's overlay counts where the project gives it another value",
        "what beats a profile and can't be changed by us > an empty variable has no effect and is none",
        "what beats a profile and can't be changed by us > an administrator's settings come first: drop-ins, the last by name before the others, then the file",
        "what a project's settings say to clauth > is named, since Claude exports it to the claudes that are started inside",
      ],
      "lock/claude-locks.test.ts": [
        "the lock directories are Claude Code's own > /p/work/runtime/.storage-write.lock, stale after 15 s",
        "the lock directories are Claude Code's own > /p/work/runtime/.oauth_refresh.lock, stale after 60 s",
      ],
      "mirror/hard-places.test.ts": [
        "each call of the disk that fails costs one entry at most, and the next pass heals it",
      ],
      "tree/rewrite-leaked-files.test.ts": ["a list that is damaged stays as it is"],
      "session/open.test.ts": [
        "an open > that is steady writes nothing but its record, from the first look to the last",
      ],
    },
  },
  {
    why: "other ways of Windows: names and variables in any case, no exchange of two names, no other file in the place of an open one; of Wine: a locked file that is removed keeps its name until it is closed",
    tests: {
      "disk/write-file.test.ts": [
        "expect > leaves the last of *",
        "expect > puts back what another program wrote between the last look and the new name",
      ],
      "lock/claude-locks.test.ts": [
        "a lock of somebody else > that is a plain file says so instead of looping",
      ],
      "mirror/growing-files.test.ts": ["a log that is replaced while somebody has it open > *"],
      "mirror/hard-places.test.ts": [
        "a file that vanishes or is replaced while it is carried is the next pass's",
        "two names of claude home that are one in the tree stay two files",
      ],
      "profile/profiles.test.ts": [
        "the profiles of a store > a name is found in any case, in its stored spelling; the exact one wins",
        "a name that two profiles have but for its case is refused, and each is found by its own",
      ],
      "run/launch.test.ts": ["the environment > loses every entry of a removed name, and no other"],
      "session/record.test.ts": ["releaseRecord > does not remove another file that has taken the name"],
      "reconcile/live-pass.test.ts": [
        "claude's unlocked writes > in the moment of ours, and again on top of it before it is undone, lose nothing of anybody",
        "claude's unlocked writes > that come all the time lose nothing either, and what can't be merged is in quarantine",
      ],
      "reconcile/credentials.test.ts": [
        "a login that claude wrote in the moment of our link is in quarantine when a later one stands there",
      ],
    },
  },
];
