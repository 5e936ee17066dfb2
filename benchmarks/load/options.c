#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../wire/loopback.h"

static const char usage[] =
    "usage: load --to 127.A.B.C:PORT [--from 127.A.B.C] --workload NAME [--connections N] [--depth N]\n"
    "            [--warmup-ms N] [--measure-ms N] [--seed N] [--watch PID]... [--wait]\n";

static _Noreturn void refuse(const char *what, const char *value) {
  fprintf(stderr, "load: %s: %s\n%s", what, value, usage);
  exit(2);
}

static unsigned long number(const char *name, const char *text, unsigned long min, unsigned long max) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < min || value > max) {
    fprintf(stderr, "load: %s must be a number from %lu to %lu, not \"%s\"\n%s", name, min, max, text, usage);
    exit(2);
  }
  return value;
}

static struct sockaddr_in loopback(const char *text) {
  struct sockaddr_in address;
  const char *problem = loopback_read(&address, text);
  if (problem != NULL) refuse(problem, text);
  return address;
}

static struct sockaddr_in loopback_with_port(char *text) {
  struct sockaddr_in address;
  const char *problem = loopback_read_with_port(&address, text);
  if (problem != NULL) refuse(problem, text);
  return address;
}

struct options options_read(int count, char **arguments) {
  struct options options = {
      .from = loopback("127.0.0.1"), .connections = 1, .depth = 1, .warmup_ms = 100, .measure_ms = 1000, .seed = 1};
  static const struct option names[] = {
      {"to", required_argument, NULL, 't'},          {"from", required_argument, NULL, 'f'},
      {"workload", required_argument, NULL, 'w'},    {"connections", required_argument, NULL, 'c'},
      {"depth", required_argument, NULL, 'd'},       {"warmup-ms", required_argument, NULL, 'u'},
      {"measure-ms", required_argument, NULL, 'm'},  {"seed", required_argument, NULL, 's'},
      {"watch", required_argument, NULL, 'p'},       {"wait", no_argument, NULL, 'g'},
      {NULL, 0, NULL, 0},
  };
  int name;
  while ((name = getopt_long(count, arguments, "", names, NULL)) != -1) {
    switch (name) {
      case 't': options.to = loopback_with_port(optarg); break;
      case 'f': options.from = loopback(optarg); break;
      case 'w': options.workload = optarg; break;
      case 'c': options.connections = (unsigned)number("--connections", optarg, 1, 10000); break;
      case 'd': options.depth = (unsigned)number("--depth", optarg, 1, 4096); break;
      case 'u': options.warmup_ms = (unsigned)number("--warmup-ms", optarg, 0, 60000); break;
      case 'm': options.measure_ms = (unsigned)number("--measure-ms", optarg, 1, 60000); break;
      case 's': options.seed = number("--seed", optarg, 0, 1000000000); break;
      case 'p':
        if (options.watched_count == WATCHED_MAX) refuse("too many --watch", optarg);
        options.watched[options.watched_count++] = (pid_t)number("--watch", optarg, 1, 1 << 30);
        break;
      case 'g': options.waits = true; break;
      default: fputs(usage, stderr); exit(2);
    }
  }
  if (optind < count) refuse("not understood", arguments[optind]);
  if (options.to.sin_port == 0) refuse("missing", "--to");
  if (options.workload == NULL) refuse("missing", "--workload");
  return options;
}
