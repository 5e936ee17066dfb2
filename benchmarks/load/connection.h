#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "../wire/cql-frame.h"
#include "workload.h"

/** An exchange under way. */
struct pending {
  const struct exchange *exchange;
  uint64_t queued_at;
  /** The request's first bytes with its own stream, sent in place of those of the exchange, which connections share. */
  char head[CQL_HEAD_BYTES];
};

/** One client connection: a ring of exchanges whose answers come in order, the last `unsent` of them not yet sent. */
struct connection {
  int socket;
  /** Of every request: 0 where the protocol has no streams. */
  size_t head_length;
  /** What epoll watches for besides readability. */
  bool watches_writable;
  struct pending *ring;
  unsigned depth;
  unsigned first;
  unsigned count;
  unsigned unsent;
  /** Bytes of the first unsent request that have left. */
  size_t sent_bytes;
  /** Bytes of the first awaited answer that have come. */
  size_t answered_bytes;
};

/**
 * Connects and has the workload's greeting answered, waiting at most two seconds each time; the socket does not block
 * afterwards. The text says what failed, NULL: nothing.
 *
 * @param depth Exchanges that may be under way at a time.
 */
const char *connection_open(struct connection *connection, const struct sockaddr_in *from, const struct sockaddr_in *to,
                            unsigned depth, const struct workload *workload);

void connection_close(struct connection *connection);

bool connection_has_room(const struct connection *connection);

/** Takes one more exchange; there must be room. Nothing is sent before connection_send. */
void connection_queue(struct connection *connection, const struct exchange *exchange, uint64_t now);

/** Sends as much as the socket takes. The text says what failed, NULL: nothing. */
const char *connection_send(struct connection *connection);

/**
 * Compares bytes that came with the awaited answers and calls `answered` for each that is complete.
 *
 * @returns NULL, or what is wrong with the bytes.
 */
const char *connection_receive(struct connection *connection, const char *bytes, size_t length,
                               void (*answered)(uint64_t queued_at));

#endif
