#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

enum { REQUESTS_PER_SEND = 64, GREETING_ANSWER_BYTES = 1024 };

/* The socket blocks, up to its time limits. */
static const char *ask(int socket, const struct exchange *exchange) {
  char answer[GREETING_ANSWER_BYTES];
  if (exchange->answer_length > sizeof answer) return "an answer to the greeting is too long";
  if (send(socket, exchange->request, exchange->request_length, MSG_NOSIGNAL) != (ssize_t)exchange->request_length) {
    return "the greeting could not be sent";
  }
  ssize_t length = recv(socket, answer, exchange->answer_length, MSG_WAITALL);
  if (length < 0) return strerror(errno);
  if ((size_t)length < exchange->answer_length) return "no whole answer to the greeting";
  return memcmp(answer, exchange->answer, exchange->answer_length) == 0 ? NULL : "a wrong answer to the greeting";
}

const char *connection_open(struct connection *connection, const struct sockaddr_in *from, const struct sockaddr_in *to,
                            unsigned depth, const struct workload *workload) {
  *connection = (struct connection){.socket = -1, .depth = depth, .ring = calloc(depth, sizeof(struct pending))};
  connection->head_length = workload->has_streams ? CQL_HEAD_BYTES : 0;
  if (connection->ring == NULL) return "out of memory";
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->socket < 0) return strerror(errno);
  int on = 1;
  struct timeval limit = {.tv_sec = 2};
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  /* To bound connect() and the greeting: a socket that does not block knows no time limit. */
  setsockopt(connection->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(connection->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (bind(connection->socket, (const struct sockaddr *)from, sizeof *from) < 0) return strerror(errno);
  if (connect(connection->socket, (const struct sockaddr *)to, sizeof *to) < 0) return strerror(errno);
  for (size_t i = 0; i < workload->greeting.count; i++) {
    const char *problem = ask(connection->socket, &workload->greeting.items[i]);
    if (problem != NULL) return problem;
  }
  if (fcntl(connection->socket, F_SETFL, O_NONBLOCK) < 0) return strerror(errno);
  return NULL;
}

void connection_close(struct connection *connection) {
  if (connection->socket >= 0) close(connection->socket);
  free(connection->ring);
  *connection = (struct connection){.socket = -1};
}

bool connection_has_room(const struct connection *connection) { return connection->count < connection->depth; }

static struct pending *pending_at(const struct connection *connection, unsigned place) {
  return &connection->ring[(connection->first + place) % connection->depth];
}

void connection_queue(struct connection *connection, const struct exchange *exchange, uint64_t now) {
  struct pending *pending = pending_at(connection, connection->count);
  *pending = (struct pending){.exchange = exchange, .queued_at = now};
  if (connection->head_length > 0) {
    /* The place in the ring is free, so the stream of that number is. */
    size_t stream = (size_t)(pending - connection->ring);
    memcpy(pending->head, exchange->request, CQL_HEAD_BYTES);
    pending->head[CQL_STREAM_AT] = (char)(stream >> 8);
    pending->head[CQL_STREAM_AT + 1] = (char)stream;
  }
  connection->count++;
  connection->unsent++;
}

static void mark_sent(struct connection *connection, size_t bytes) {
  bytes += connection->sent_bytes;
  while (connection->unsent > 0) {
    size_t length = pending_at(connection, connection->count - connection->unsent)->exchange->request_length;
    if (bytes < length) break;
    bytes -= length;
    connection->unsent--;
  }
  connection->sent_bytes = bytes;
}

const char *connection_send(struct connection *connection) {
  while (connection->unsent > 0) {
    struct iovec pieces[2 * REQUESTS_PER_SEND];
    unsigned count = 0;
    for (unsigned i = 0; i < connection->unsent && i < REQUESTS_PER_SEND; i++) {
      struct pending *pending = pending_at(connection, connection->count - connection->unsent + i);
      size_t skipped = i == 0 ? connection->sent_bytes : 0;
      if (skipped < connection->head_length) {
        pieces[count++] = (struct iovec){pending->head + skipped, connection->head_length - skipped};
        skipped = connection->head_length;
      }
      pieces[count++] = (struct iovec){pending->exchange->request + skipped, pending->exchange->request_length - skipped};
    }
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t sent = sendmsg(connection->socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? NULL : strerror(errno);
    mark_sent(connection, (size_t)sent);
  }
  return NULL;
}

/* Whether the bytes are those of the awaited answer from `at` on; the stream is that of the request. */
static bool expected(const struct connection *connection, const struct pending *pending, size_t at, const char *bytes,
                     size_t length) {
  const char *answer = pending->exchange->answer;
  for (; at < connection->head_length && length > 0; at++, bytes++, length--) {
    if (*bytes != (at < CQL_STREAM_AT ? answer[at] : pending->head[at])) return false;
  }
  return memcmp(answer + at, bytes, length) == 0;
}

const char *connection_receive(struct connection *connection, const char *bytes, size_t length,
                               void (*answered)(uint64_t queued_at)) {
  while (length > 0) {
    /* An answer to a request that has not left whole would be as wrong as one to no request. */
    if (connection->count == connection->unsent) return "bytes that no request asked for";
    const struct pending *pending = pending_at(connection, 0);
    size_t missing = pending->exchange->answer_length - connection->answered_bytes;
    size_t part = length < missing ? length : missing;
    if (!expected(connection, pending, connection->answered_bytes, bytes, part)) return "a wrong answer";
    bytes += part;
    length -= part;
    connection->answered_bytes += part;
    if (part < missing) break;
    uint64_t queued_at = pending->queued_at;
    connection->answered_bytes = 0;
    connection->first = (connection->first + 1) % connection->depth;
    connection->count--;
    answered(queued_at);
  }
  return NULL;
}
