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

enum { REQUESTS_PER_SEND = 64 };

const char *connection_open(struct connection *connection, const struct sockaddr_in *from, const struct sockaddr_in *to,
                            unsigned depth) {
  *connection = (struct connection){.socket = -1, .depth = depth, .ring = calloc(depth, sizeof(struct pending))};
  if (connection->ring == NULL) return "out of memory";
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->socket < 0) return strerror(errno);
  int on = 1;
  struct timeval limit = {.tv_sec = 2};
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  /* Only to bound connect(): a socket that does not block knows no time limit. */
  setsockopt(connection->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (bind(connection->socket, (const struct sockaddr *)from, sizeof *from) < 0) return strerror(errno);
  if (connect(connection->socket, (const struct sockaddr *)to, sizeof *to) < 0) return strerror(errno);
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
  *pending_at(connection, connection->count) = (struct pending){.exchange = exchange, .queued_at = now};
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
    struct iovec pieces[REQUESTS_PER_SEND];
    unsigned count = 0;
    for (; count < connection->unsent && count < REQUESTS_PER_SEND; count++) {
      const struct exchange *exchange = pending_at(connection, connection->count - connection->unsent + count)->exchange;
      size_t skipped = count == 0 ? connection->sent_bytes : 0;
      pieces[count] = (struct iovec){exchange->request + skipped, exchange->request_length - skipped};
    }
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t sent = sendmsg(connection->socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? NULL : strerror(errno);
    mark_sent(connection, (size_t)sent);
  }
  return NULL;
}

const char *connection_receive(struct connection *connection, const char *bytes, size_t length,
                               void (*answered)(uint64_t queued_at)) {
  while (length > 0) {
    /* An answer to a request that has not left whole would be as wrong as one to no request. */
    if (connection->count == connection->unsent) return "bytes that no request asked for";
    const struct pending *pending = pending_at(connection, 0);
    size_t missing = pending->exchange->answer_length - connection->answered_bytes;
    size_t part = length < missing ? length : missing;
    if (memcmp(pending->exchange->answer + connection->answered_bytes, bytes, part) != 0) return "a wrong answer";
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
