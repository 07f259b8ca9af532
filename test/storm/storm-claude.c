/*
 * A claude for the storm: it changes its files exactly as Claude Code 2.1.329 was traced to, many times a second, and notes
 * in `$STORM/acknowledged` what a user would take for done. Called as `claude SEED LENGTH DYING WORKER SERIAL`: a number that
 * decides all of its choices, how many things it does, how often (per mille) it is killed at a step (below
 * zero: never, and it does one of everything), a name for its keys, and the first
 * of its values.
 *
 * Two claudes of one config directory lose each other's edits now and then, without any shim (numStartups 8 of 9), and one
 * that is stopped for a minute while it refreshes loses its locks to the next, which uses the token once more. That is not
 * what the storm is after, so a lock that only they know ("referee") stands around their read-modify-writes and refreshes.
 */
#define _GNU_SOURCE
#pragma GCC diagnostic ignored "-Wformat-truncation"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;
static int dying;
static pid_t shim;
static const char *storm, *worker, *owner;
static char config[PATH_MAX], document[PATH_MAX], settings[PATH_MAX], credentials[PATH_MAX];

static uint64_t rnd(uint64_t below) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return (z ^ (z >> 31)) % below;
}

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void note(const char *file, const char *format, ...) {
  char path[PATH_MAX], line[4096];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  line[length++] = '\n';
  snprintf(path, sizeof path, "%s/%s", storm, file);
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (fd < 0 || write(fd, line, length) != length) _exit(97);
  close(fd);
}

/* A step at which this process, its shim, or both may be killed. */
static void step(void) {
  if ((int)rnd(1000) >= dying) return;
  uint64_t who = rnd(4);
  note("faults", "kill %s", who == 0 ? "shim" : who == 1 ? "both" : "claude");
  if (who <= 1 && shim != 0 && getppid() == shim) kill(shim, SIGKILL);
  if (who != 0) raise(SIGKILL);
}

static int referee(const char *what) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/referee-%s-%s", storm, owner, what);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || flock(fd, LOCK_EX) != 0) _exit(98);
  return fd;
}

/* proper-lockfile: mkdir, and a directory that nobody touched for `stale` ms counts as left behind. */
static int take(const char *lock, long wait, long stale) {
  long end = now_ms() + wait;
  for (;;) {
    if (mkdir(lock, 0755) == 0) return 1;
    if (errno != EEXIST) {
      usleep(5000);
      return 0;
    }
    struct stat s;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (stat(lock, &s) == 0 && (t.tv_sec - s.st_mtim.tv_sec) * 1000 > stale) {
      rmdir(lock);
      continue;
    }
    if (now_ms() >= end) return 0;
    usleep(2000 + rnd(8000));
  }
}

static char *slurp(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return NULL;
  size_t room = 1 << 16, length = 0;
  char *text = malloc(room);
  for (ssize_t n; (n = read(fd, text + length, room - length - 1)) > 0;) {
    length += n;
    if (length + 1 == room) text = realloc(text, room *= 2);
  }
  close(fd);
  text[length] = 0;
  return text;
}

static int is_weather(void) { return errno == ENOSPC || errno == EROFS; }

/*
 * Temp file and rename; sometimes with an mtime of whole seconds, as a coarse file system gives, or of a clock that is off. Returns 0
 * where the disk takes nothing for now.
 */
static int try_replace(const char *path, const char *text) {
  char temp[PATH_MAX];
  snprintf(temp, sizeof temp, "%s.tmp.%d.%012llx", path, getpid(), (unsigned long long)rnd(1ull << 48));
  int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL, 0600);
  size_t length = strlen(text);
  errno = fd < 0 ? errno : ENOSPC;
  if (fd < 0 || write(fd, text, length) != (ssize_t)length) {
    if (!is_weather()) _exit(96);
    close(fd);
    unlink(temp);
    usleep(20000);
    return 0;
  }
  uint64_t odd = rnd(20);
  if (odd < 3) {
    struct timespec t[2];
    clock_gettime(CLOCK_REALTIME, &t[0]);
    t[0].tv_nsec = 0;
    if (odd == 1) t[0].tv_sec += 3600;
    if (odd == 2) t[0].tv_sec -= 3600;
    t[1] = t[0];
    futimens(fd, t);
    note("faults", odd == 0 ? "coarse" : "clock");
  }
  close(fd);
  while (rename(temp, path) != 0) {
    if (!is_weather()) _exit(95);
    usleep(20000);
  }
  return 1;
}

static void replace(const char *path, const char *text) {
  while (!try_replace(path, text)) continue;
}

/* Sets a number at the top of a JSON object and leaves every other byte as it is. */
static char *with_number(const char *text, const char *key, long value) {
  char quoted[300], *result = malloc(strlen(text) + 400);
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(text, quoted);
  if (found != NULL) {
    const char *start = found + strlen(quoted);
    while (*start == ' ') start++;
    const char *end = start + strspn(start, "0123456789");
    sprintf(result, "%.*s%ld%s", (int)(start - text), text, value, end);
    return result;
  }
  const char *brace = strrchr(text, '}');
  if (brace == NULL) {
    sprintf(result, "{%s%ld}", quoted, value);
    return result;
  }
  const char *last = brace;
  while (last > text && strchr(" \n", last[-1]) != NULL) last--;
  sprintf(result, "%.*s%s%s%ld%s", (int)(last - text), text, last[-1] == '{' ? "" : ",", quoted, value, last);
  return result;
}

/* Claude writes within milliseconds what it read: one whom a busy machine kept from it reads again. */
static void edit(const char *kind, const char *path, const char *key, long value) {
  char *edited = NULL;
  long read_at;
  do {
    free(edited);
    read_at = now_ms();
    char *text = slurp(path);
    if (text == NULL) text = strdup("{}");
    step();
    if (rnd(3) == 0) usleep(rnd(6000));
    edited = with_number(text, key, value);
    free(text);
  } while (now_ms() - read_at > 500 || !try_replace(path, edited));
  note("acknowledged", "%s %s %s %ld", kind, owner, key, value);
  free(edited);
}

/* The counter of this worker under this profile: only the driver knows the number, so that nothing is counted from a stale copy. */
static void bump_document(long value) {
  char lock[PATH_MAX], key[100];
  snprintf(lock, sizeof lock, "%s.lock", document);
  snprintf(key, sizeof key, "count_%s_%s", worker, owner);
  int fd = referee("document");
  int held = take(lock, 1450, 10000);
  edit("document", document, key, value);
  step();
  if (held) rmdir(lock);
  close(fd);
}

static void bump_settings(long value) {
  char key[100];
  snprintf(key, sizeof key, "knob_%s_%s", worker, owner);
  int fd = referee("settings");
  edit("settings", settings, key, value);
  close(fd);
}

static void append_line(const char *name, long value) {
  char path[PATH_MAX], line[300];
  snprintf(path, sizeof path, "%s/%s", config, name);
  int length = snprintf(line, sizeof line, "{\"line\":\"%s_%s_%ld_%llx\"}\n", worker, owner, value, (unsigned long long)rnd(1ull << 40));
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (fd < 0 && is_weather()) return;
  if (fd < 0) return note("violations", "can't append to %s: %s", path, strerror(errno));
  if (write(fd, line, length) == length) note("acknowledged", "line %s %s %.*s", owner, name, length - 1, line);
  close(fd);
}

static void write_file(const char *name, long value) {
  char path[PATH_MAX], text[300];
  snprintf(path, sizeof path, "%s/%s", config, name);
  snprintf(text, sizeof text, "%s %s %ld %llx", worker, owner, value, (unsigned long long)rnd(1ull << 40));
  int fd = referee("files");
  replace(path, text);
  note("acknowledged", "file %s %s %s", owner, name, text);
  close(fd);
}

/* The token endpoint: a file that says how many times the chain was rotated. A spent token ends the chain. */
static long rotate(const char *account, long generation) {
  char path[PATH_MAX], text[64] = {0};
  snprintf(path, sizeof path, "%s/server-%s", storm, account);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || flock(fd, LOCK_EX) != 0) _exit(94);
  if (read(fd, text, sizeof text - 1) < 0) _exit(93);
  long newest = atol(text);
  if (generation != newest) {
    note("violations", "%s: the spent token %s.%ld was used again, the newest is %ld", owner, account, generation, newest);
    close(fd);
    return 0;
  }
  snprintf(text, sizeof text, "%ld\n", newest + 1);
  if (pwrite(fd, text, strlen(text), 0) < 0) _exit(92);
  close(fd);
  return newest + 1;
}

static void touch(const char *path) { utimensat(AT_FDCWD, path, NULL, 0); }

/*
 * Three locks; the refresh token is read inside of two of them; from the answer of the server until the file is there nobody is
 * killed, but some are put to sleep for longer than their locks count. Claude gives up when the storage lock stays busy for 20 s,
 * and its token is lost: here it waits on, and how long is told.
 */
static void refresh_alone(void) {
  char real[PATH_MAX], oauth[PATH_MAX], sibling[PATH_MAX + 8], storage[PATH_MAX], account[16];
  if (realpath(config, real) == NULL) return;
  snprintf(oauth, sizeof oauth, "%s/.oauth_refresh.lock", config);
  snprintf(storage, sizeof storage, "%s/.storage-write.lock", config);
  snprintf(sibling, sizeof sibling, "%s.lock", real);
  if (!take(oauth, 4000, 60000)) return;
  step();
  if (!take(sibling, 4000, 60000)) {
    rmdir(oauth);
    return;
  }
  step();
  char *text = slurp(credentials);
  const char *token = text == NULL ? NULL : strstr(text, "sk-ant-ort01-fake");
  long generation = 1;
  if (token == NULL || sscanf(token, "sk-ant-ort01-fake%15[A-Z].%ld", account, &generation) < 1) {
    note("violations", "%s: no login in %s: %s", owner, credentials, text == NULL ? "(missing)" : text);
  } else {
    long next = rotate(account, generation);
    if (next > 0) {
      char fresh[600];
      snprintf(fresh, sizeof fresh,
               "{\"claudeAiOauth\":{\"accessToken\":\"sk-ant-oat01-fake%s.%ld\",\"refreshToken\":\"sk-ant-ort01-fake%s.%ld\","
               "\"expiresAt\":%ld,\"scopes\":[\"user:inference\"],\"subscriptionType\":\"max\"}}",
               account, next, account, next, (long)time(NULL) * 1000 + 28800000);
      if (rnd(50) == 0) usleep(1500000 + rnd(1500000));
      long answered = now_ms();
      while (!take(storage, 100, 15000)) {
        touch(oauth);
        touch(sibling);
      }
      note("waits", "%ld", now_ms() - answered);
      replace(credentials, fresh);
      note("acknowledged", "token %s %s %ld", owner, account, next);
      rmdir(storage);
    }
  }
  free(text);
  step();
  rmdir(sibling);
  rmdir(oauth);
}

static void refresh(void) {
  int fd = referee("refresh");
  refresh_alone();
  close(fd);
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  state = strtoull(argv[1], NULL, 10);
  long length = atol(argv[2]), serial = atol(argv[5]);
  dying = atoi(argv[3]);
  worker = argv[4];
  storm = getenv("STORM");
  owner = getenv("CLAUTH_ACTIVE_PROFILE");
  if (owner == NULL) owner = "home";
  else shim = getppid();
  const char *own = getenv("CLAUDE_CONFIG_DIR"), *home = getenv("HOME");
  if (own != NULL) snprintf(config, sizeof config, "%s", own);
  else snprintf(config, sizeof config, "%s/.claude", home);
  if (own != NULL) snprintf(document, sizeof document, "%s/.claude.json", own);
  else snprintf(document, sizeof document, "%s/.claude.json", home);
  snprintf(settings, sizeof settings, "%s/settings.json", config);
  snprintf(credentials, sizeof credentials, "%s/.credentials.json", config);
  /* A claude outlives its killed shim: the next one of this worker waits, or it would be overtaken by older edits. */
  char turn[PATH_MAX];
  snprintf(turn, sizeof turn, "%s/turn-%s", storm, worker);
  int waiting = open(turn, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (waiting < 0 || flock(waiting, LOCK_EX) != 0) _exit(91);
  note("starts", "%s %s", owner, argv[1]);

  char mine[PATH_MAX], transcript[200];
  snprintf(mine, sizeof mine, "%s/sessions", config);
  mkdir(mine, 0700);
  snprintf(mine, sizeof mine, "%s/sessions/%d.json", config, getpid());
  int fd = open(mine, O_WRONLY | O_CREAT, 0600);
  close(fd);
  snprintf(transcript, sizeof transcript, "projects/p/%s.jsonl", worker);

  if (dying < 0) {
    bump_document(serial);
    bump_settings(serial);
    append_line("history.jsonl", serial);
    write_file("CLAUDE.md", serial);
    refresh();
    length = 0;
  }
  for (long done = 0; done < length; done++) {
    long value = serial + done;
    switch (rnd(10)) {
      case 0: case 1: case 2: bump_document(value); break;
      case 3: case 4: bump_settings(value); break;
      case 5: append_line("history.jsonl", value); break;
      case 6: append_line(transcript, value); break;
      case 7: {
        char name[100];
        snprintf(name, sizeof name, "new_%s_%s_%ld.md", worker, owner, value);
        write_file(rnd(3) == 0 ? name : "CLAUDE.md", value);
        break;
      }
      case 8: refresh(); break;
      case 9: usleep(rnd(20000)); break;
    }
    step();
    if (length > 20) usleep(rnd(60000));
  }
  unlink(mine);
  return 0;
}
