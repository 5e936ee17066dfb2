/*
 * A closed-loop load generator for memcached's text protocol and the CQL binary protocol: each connection keeps `depth`
 * requests under way, every answer is compared byte for byte, and the first wrong one ends the run. Answers must come in
 * the order of the requests. One thread, epoll, nothing copied on the way out, so that it costs less than what it
 * measures. Prints one JSON object.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "cql-workload.h"
#include "histogram.h"
#include "memcached-workload.h"
#include "options.h"

enum { EVENTS_MAX = 256, READ_BYTES = 256 << 10, PATIENCE_MS = 5000, FILL_MS = 20000 };

enum phase { WARMUP, MEASURE, DRAIN };

static struct options options;
static struct workload workload;
static struct connection *connections;
static struct histogram latencies;
static enum phase phase = WARMUP;
static unsigned under_way;
static uint64_t received_at, measured_from, measured_to;
static uint64_t own_cpu, watched_cpu[WATCHED_MAX];

static uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "load: %s: %s\n", what, why);
  exit(1);
}

/* A process's CPU clock is utime + stime of /proc/PID/stat without the rounding to ticks of 10 ms. */
static uint64_t cpu_of(pid_t pid) {
  clockid_t clock;
  return clock_getcpuclockid(pid, &clock) == 0 ? read_clock(clock) : 0;
}

/* Called once when measuring begins and once when it ends: the second call turns readings into differences. */
static void read_cpu_clocks(void) {
  own_cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own_cpu;
  for (unsigned i = 0; i < options.watched_count; i++) watched_cpu[i] = cpu_of(options.watched[i]) - watched_cpu[i];
}

static void answered(uint64_t queued_at) {
  under_way--;
  if (phase == MEASURE) histogram_add(&latencies, received_at - queued_at);
}

static void watch(int poller, int operation, unsigned index) {
  struct connection *connection = &connections[index];
  struct epoll_event event = {.events = EPOLLIN | (connection->watches_writable ? EPOLLOUT : 0), .data.u32 = index};
  if (epoll_ctl(poller, operation, connection->socket, &event) < 0) fail("epoll_ctl", strerror(errno));
}

static void fill_and_send(int poller, unsigned index, uint64_t now) {
  struct connection *connection = &connections[index];
  while (phase != DRAIN && connection_has_room(connection)) {
    const struct exchange *exchange = workload_next(&workload);
    if (exchange == NULL) break;
    connection_queue(connection, exchange, now);
    under_way++;
  }
  const char *problem = connection_send(connection);
  if (problem != NULL) fail("send", problem);
  bool blocked = connection->unsent > 0;
  if (blocked == connection->watches_writable) return;
  connection->watches_writable = blocked;
  watch(poller, EPOLL_CTL_MOD, index);
}

static void read_answers(unsigned index) {
  static char bytes[READ_BYTES];
  ssize_t length = recv(connections[index].socket, bytes, sizeof bytes, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length < 0) fail("receive", strerror(errno));
  if (length == 0) fail("receive", "the other side closed the connection");
  received_at = read_clock(CLOCK_MONOTONIC);
  const char *problem = connection_receive(&connections[index], bytes, (size_t)length, answered);
  if (problem == NULL) return;
  if (length > 80) length = 80;
  for (ssize_t i = 0; i < length; i++) {
    if (bytes[i] < ' ' || bytes[i] > '~') bytes[i] = '.';
  }
  fprintf(stderr, "load: after %llu answers came %s: \"%.*s\"\n", (unsigned long long)latencies.total, problem,
          (int)length, bytes);
  exit(1);
}

/* Runs to the next change of phase, or until nothing is under way. */
static void run_until(int poller, uint64_t end) {
  while (under_way > 0) {
    uint64_t now = read_clock(CLOCK_MONOTONIC);
    if (now >= end) return;
    struct epoll_event events[EVENTS_MAX];
    int timeout_ms = (int)((end - now) / 1000000) + 1;
    int count = epoll_wait(poller, events, EVENTS_MAX, timeout_ms);
    if (count < 0 && errno != EINTR) fail("epoll_wait", strerror(errno));
    for (int i = 0; i < count; i++) {
      unsigned index = events[i].data.u32;
      if (events[i].events & ~(uint32_t)EPOLLOUT) read_answers(index);
      fill_and_send(poller, index, received_at);
    }
  }
}

/* So that others can look who has accepted the connections before anything is measured. */
static void wait_for_go(void) {
  char ignored[64];
  puts("connected");
  fflush(stdout);
  while (read(STDIN_FILENO, ignored, sizeof ignored) > 0) continue;
}

static void report(void) {
  double seconds = (double)(measured_to - measured_from) / 1e9;
  printf("{\"requests\": %llu, \"seconds\": %.6f, \"p50Us\": %.2f, \"p99Us\": %.2f, \"ownCpuSeconds\": %.6f, \"cpuSeconds\": {",
         (unsigned long long)latencies.total, seconds, histogram_quantile(&latencies, 0.5) / 1e3,
         histogram_quantile(&latencies, 0.99) / 1e3, (double)own_cpu / 1e9);
  for (unsigned i = 0; i < options.watched_count; i++) {
    printf("%s\"%d\": %.6f", i == 0 ? "" : ", ", (int)options.watched[i], (double)watched_cpu[i] / 1e9);
  }
  puts("}}");
}

int main(int count, char **arguments) {
  options = options_read(count, arguments);
  if (!workload_make(&workload, options.workload, options.seed)) {
    fprintf(stderr, "load: no such workload; known are %s %s\n", memcached_workload_names, cql_workload_names);
    return 1;
  }
  bool fills = workload.in_turn;
  unsigned long limit_ms = (fills ? FILL_MS : options.warmup_ms + options.measure_ms) + PATIENCE_MS;
  /* Whatever happens (a proxy that never answers, a connect that hangs): the program ends. */
  alarm((unsigned)(limit_ms / 1000) + 10);

  int poller = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc(options.connections, sizeof *connections);
  if (poller < 0 || connections == NULL) fail("start", strerror(errno));
  for (unsigned i = 0; i < options.connections; i++) {
    const char *problem = connection_open(&connections[i], &options.from, &options.to, options.depth, &workload);
    if (problem != NULL) fail("connect", problem);
    watch(poller, EPOLL_CTL_ADD, i);
  }
  if (options.waits) wait_for_go();

  uint64_t start = received_at = read_clock(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < options.connections; i++) fill_and_send(poller, i, start);
  if (!fills) run_until(poller, start + options.warmup_ms * 1000000ULL);

  phase = MEASURE;
  read_cpu_clocks();
  measured_from = read_clock(CLOCK_MONOTONIC);
  uint64_t planned_end = measured_from + (fills ? FILL_MS : options.measure_ms) * 1000000ULL;
  uint64_t patience_end = planned_end + PATIENCE_MS * 1000000ULL;
  run_until(poller, planned_end);
  /* On a busy machine a short time may pass without an answer: without one there would be no figures. */
  while (latencies.total == 0 && under_way > 0 && read_clock(CLOCK_MONOTONIC) < patience_end) {
    run_until(poller, read_clock(CLOCK_MONOTONIC) + 1000000ULL);
  }
  read_cpu_clocks();
  measured_to = read_clock(CLOCK_MONOTONIC);

  phase = DRAIN;
  run_until(poller, patience_end);
  if (under_way > 0) fail("end", "requests were never answered");
  for (unsigned i = 0; i < options.connections; i++) connection_close(&connections[i]);
  report();
  return 0;
}
