#ifndef CQL_SERVER_CLIENT_H
#define CQL_SERVER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "../wire/cql-frame.h"

enum { INPUT_BYTES = 64 << 10, ANSWERS_MAX = 256 };

/** An answer on its way out. */
struct outgoing {
  const struct cql_frame *answer;
  /** The answer's first bytes with the stream of the request. */
  char head[CQL_HEAD_BYTES];
};

/** One client. While its answers do not leave, no more of its requests are read. */
struct client {
  int socket;
  bool watches_writable;
  bool greeted;
  /** Asked something unknown: nothing more is read, and the last answer ends the connection. */
  bool refused;
  size_t input_length;
  char input[INPUT_BYTES];
  struct outgoing ring[ANSWERS_MAX];
  unsigned first;
  unsigned count;
  /** Bytes of the first answer that have left. */
  size_t sent_bytes;
};

/** Reads, answers and sends what can be. false: the connection is to be closed. */
bool client_serve(struct client *client);

#endif
