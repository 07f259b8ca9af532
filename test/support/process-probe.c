/*
 * A claude that shows the state in which it was started, all of it, and then does as it is told (process-probe.ts).
 * In C, because every runtime changes some of that state before its first line. Bytes are written as JSON strings of
 * Latin-1 characters.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char directory[PATH_MAX];
static int signals = -1;

static void text(FILE *out, const char *bytes) {
  fputc('"', out);
  for (const unsigned char *byte = (const unsigned char *)bytes; *byte; byte++) {
    if (*byte < 0x20 || *byte > 0x7e || *byte == '"' || *byte == '\\') fprintf(out, "\\u%04x", *byte);
    else fputc(*byte, out);
  }
  fputc('"', out);
}

static void texts(FILE *out, const char *name, char **list) {
  fprintf(out, "\"%s\":[", name);
  for (char **item = list; *item; item++) {
    if (item != list) fputc(',', out);
    text(out, *item);
  }
  fputs("],\n", out);
}

static void descriptors(FILE *out) {
  DIR *listing = opendir("/proc/self/fd");
  const char *comma = "";
  fputs("\"descriptors\":{", out);
  for (struct dirent *entry; (entry = readdir(listing));) {
    int fd = atoi(entry->d_name);
    char target[PATH_MAX] = "";
    struct stat stat;
    if (entry->d_name[0] == '.' || fd == dirfd(listing)) continue;
    if (readlinkat(dirfd(listing), entry->d_name, target, sizeof target - 1) < 0 || fstat(fd, &stat) < 0) continue;
    fprintf(out, "%s\n\"%d\":{\"target\":", comma, fd);
    text(out, target);
    fprintf(out, ",\"inode\":\"%lx:%lx\",\"status\":\"%o\",\"closeOnExec\":%d,\"offset\":%lld}", (long)stat.st_dev,
            (long)stat.st_ino, fcntl(fd, F_GETFL), fcntl(fd, F_GETFD) & FD_CLOEXEC, (long long)lseek(fd, 0, SEEK_CUR));
    comma = ",";
  }
  closedir(listing);
  fputs("},\n", out);
}

/* Signals, identities, capabilities and processors, in the kernel's own words. */
static void kernel_status(FILE *out) {
  static const char *const wanted[] = {"Umask",  "Uid",    "Gid",    "Groups", "SigPnd", "ShdPnd",     "SigBlk",  "SigIgn",
                                       "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",     "Seccomp", "NoNewPrivs",
                                       "Cpus_allowed", "THP_enabled"};
  char line[4096];
  FILE *status = fopen("/proc/self/status", "re");
  while (fgets(line, sizeof line, status)) {
    char *value = strchr(line, ':');
    if (!value) continue;
    *value++ = 0;
    value += strspn(value, " \t");
    value[strcspn(value, "\n")] = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
      if (strcmp(line, wanted[i])) continue;
      fprintf(out, "\"%s\":", line);
      text(out, value);
      fputs(",\n", out);
    }
  }
  fclose(status);
}

static void limits(FILE *out) {
  fputs("\"limits\":[", out);
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    struct rlimit limit = {0, 0};
    getrlimit(resource, &limit);
    fprintf(out, "%s[\"%llx\",\"%llx\"]", resource ? "," : "", (unsigned long long)limit.rlim_cur,
            (unsigned long long)limit.rlim_max);
  }
  fputs("],\n", out);
}

static void terminal(FILE *out) {
  int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  struct termios modes;
  struct winsize size;
  if (fd < 0) {
    fputs("\"terminal\":null,\n", out);
    return;
  }
  tcgetattr(fd, &modes);
  ioctl(fd, TIOCGWINSZ, &size);
  fprintf(out, "\"terminal\":{\"modes\":\"%x:%x:%x:%x:", modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
  for (int i = 0; i < NCCS; i++) fprintf(out, "%02x", modes.c_cc[i]);
  fprintf(out, "\",\"size\":\"%dx%d\",\"foreground\":%s},\n", size.ws_col, size.ws_row,
          tcgetpgrp(fd) == getpgrp() ? "true" : "false");
  close(fd);
}

static void report(char **argv) {
  char path[PATH_MAX + 64], whole[PATH_MAX + 80], cwd[PATH_MAX] = "";
  char *state = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&state, &size);
  struct itimerval alarm;
  int parent_death = 0;
  fputs("{", out);
  descriptors(out);
  kernel_status(out);
  texts(out, "argv", argv);
  texts(out, "environment", environ);
  limits(out);
  terminal(out);
  getitimer(ITIMER_REAL, &alarm);
  prctl(PR_GET_PDEATHSIG, &parent_death);
  fprintf(out, "\"pid\":%d,\"parent\":%d,\"group\":%d,\"session\":%d,\n", getpid(), getppid(), getpgrp(), getsid(0));
  fprintf(out, "\"nice\":%d,\"policy\":%d,\"alarm\":%s,\"parentDeathSignal\":%d,\n\"cwd\":", getpriority(PRIO_PROCESS, 0),
          sched_getscheduler(0), alarm.it_value.tv_sec || alarm.it_value.tv_usec ? "true" : "false", parent_death);
  text(out, getcwd(cwd, sizeof cwd) ? cwd : "");
  fputs("}\n", out);
  fclose(out);

  snprintf(path, sizeof path, "%s/reports/%d", directory, getpid());
  snprintf(whole, sizeof whole, "%s.json", path);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, state, size) != (ssize_t)size || close(fd) || rename(path, whole)) _exit(99);
  free(state);
}

/* One line for each delivery. */
static void count(int signal) {
  char line[16];
  int error = errno;
  int length = snprintf(line, sizeof line, "%s\n", sigabbrev_np(signal));
  if (write(signals, line, length) != length) _exit(98);
  errno = error;
}

static void count_signals(void) {
  static const int counted[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,   SIGUSR2,  SIGALRM, SIGTERM,
                                SIGCONT, SIGWINCH, SIGIO,   SIGVTALRM, SIGPROF, SIGXCPU, SIGPWR};
  for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    sigaction(counted[i], &action, NULL);
  }
}

static void wait_for(const char *name) {
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  while (access(path, F_OK)) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
}

static void make(const char *name) {
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void copy_input(void) {
  char block[65536];
  for (ssize_t length; (length = read(0, block, sizeof block)) > 0;) {
    for (ssize_t done = 0, written; done < length; done += written) {
      written = write(1, block + done, length - done);
      if (written >= 0) continue;
      if (errno != EAGAIN) _exit(97);
      written = 0;
      nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
  }
}

static void take(char *step) {
  char *argument = strchr(step, ' ');
  if (argument) *argument++ = 0;
  int number = argument ? atoi(argument) : 0;
  if (!strcmp(step, "exit")) _exit(number);
  else if (!strcmp(step, "raise")) raise(number);
  else if (!strcmp(step, "group")) kill(0, number);
  else if (!strcmp(step, "say") && argument) dprintf(1, "%s\n", argument);
  else if (!strcmp(step, "count")) count_signals();
  else if (!strcmp(step, "make") && argument) make(argument);
  else if (!strcmp(step, "wait") && argument) wait_for(argument);
  else if (!strcmp(step, "cat")) copy_input();
  else if (!strcmp(step, "spin")) for (volatile int turn = 0;; turn++);
  else _exit(96);
}

/* Where the test looks: $PROBE_HOME, or beside this very file where the environment is empty. */
static void find_directory(void) {
  char *given = getenv("PROBE_HOME");
  ssize_t length = given ? 0 : readlink("/proc/self/exe", directory, sizeof directory - 1);
  if (given) snprintf(directory, sizeof directory, "%s", given);
  else if (length < 0) _exit(95);
  else *strrchr(directory, '/') = 0;
}

int main(int argc, char **argv) {
  (void)argc;
  find_directory();
  report(argv);

  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/signals", directory);
  signals = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char *steps = getenv("PROBE_STEPS");
  if (!steps) return 0;
  steps = strdup(steps);
  for (char *step = strtok(steps, ";"); step; step = strtok(NULL, ";")) take(step);
  return 0;
}
