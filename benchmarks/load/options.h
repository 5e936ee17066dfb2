#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WATCHED_MAX 64

struct options {
  struct sockaddr_in from;
  struct sockaddr_in to;
  const char *workload;
  unsigned connections;
  unsigned depth;
  unsigned warmup_ms;
  unsigned measure_ms;
  uint64_t seed;
  /** Processes whose CPU time is taken when measuring begins and ends. */
  pid_t watched[WATCHED_MAX];
  unsigned watched_count;
  /** Says "connected" on its output once all connections stand, and begins when its input ends. */
  bool waits;
};

/** Reads the command line; on anything wrong it says what and ends the program with status 2. */
struct options options_read(int count, char **arguments);

#endif
