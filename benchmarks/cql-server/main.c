/*
 * A stand-in for a Cassandra server: canned answers over the CQL binary protocol, version 4, one thread. A real one would
 * be the bottleneck of every benchmark. It knows the statements of wire/cql-schema.h and nothing else: whatever else it is
 * asked gets a protocol error and the end of the connection, so that a proxy that mangles a request is noticed.
 */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire/loopback.h"
#include "answers.h"
#include "client.h"

enum { EVENTS_MAX = 256, CLIENTS_MAX = 1024 };

static unsigned clients;

static _Noreturn void fail(const char *what, const char *why) {
  fprintf(stderr, "cql-server: %s: %s\n", what, why);
  exit(1);
}

static int listen_on(const struct sockaddr_in *address) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  if (listener < 0) fail("socket", strerror(errno));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (const struct sockaddr *)address, sizeof *address) < 0) fail("bind", strerror(errno));
  if (listen(listener, SOMAXCONN) < 0) fail("listen", strerror(errno));
  return listener;
}

static void watch(int poller, int operation, int socket, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(poller, operation, socket, &event) < 0) fail("epoll_ctl", strerror(errno));
}

static void accept_all(int poller, int listener) {
  int socket;
  while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct client *client = clients < CLIENTS_MAX ? malloc(sizeof *client) : NULL;
    if (client == NULL) {
      close(socket);
      continue;
    }
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *client = (struct client){.socket = socket};
    clients++;
    watch(poller, EPOLL_CTL_ADD, socket, EPOLLIN, client);
  }
}

static void serve(int poller, struct client *client) {
  if (!client_serve(client)) {
    close(client->socket);
    free(client);
    clients--;
    return;
  }
  bool blocked = client->count > 0;
  if (blocked == client->watches_writable) return;
  client->watches_writable = blocked;
  watch(poller, EPOLL_CTL_MOD, client->socket, blocked ? EPOLLOUT : EPOLLIN, client);
}

int main(int count, char **arguments) {
  /* Whatever becomes of the benchmark that started it: it does not stay behind. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (count != 2) fail("usage", "cql-server 127.A.B.C:PORT");
  struct sockaddr_in address;
  const char *problem = loopback_read_with_port(&address, arguments[1]);
  if (problem != NULL) fail(arguments[1], problem);
  answers_make();
  int listener = listen_on(&address);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1", strerror(errno));
  watch(poller, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(poller, events, EVENTS_MAX, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait", strerror(errno));
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr == NULL) {
        accept_all(poller, listener);
      } else {
        serve(poller, events[i].data.ptr);
      }
    }
  }
}
