#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "answers.h"

enum { ANSWERS_PER_SEND = 64 };

static void queue(struct client *client, const char *request, const struct cql_frame *answer) {
  struct outgoing *outgoing = &client->ring[(client->first + client->count) % ANSWERS_MAX];
  outgoing->answer = answer;
  memcpy(outgoing->head, answer->bytes, CQL_STREAM_AT);
  memcpy(outgoing->head + CQL_STREAM_AT, request + CQL_STREAM_AT, CQL_HEAD_BYTES - CQL_STREAM_AT);
  client->count++;
}

/* Answers the whole frames of the input, as many as there is room for. */
static void answer_input(struct client *client) {
  size_t at = 0;
  while (!client->refused && client->count < ANSWERS_MAX && client->input_length - at >= CQL_HEADER_BYTES) {
    const char *frame = client->input + at;
    size_t length = CQL_HEADER_BYTES + (size_t)cql_read_int(frame + CQL_LENGTH_AT);
    const struct cql_frame *answer = NULL;
    if (length <= INPUT_BYTES) {
      if (client->input_length - at < length) break;
      answer = answer_to(frame, length, &client->greeted);
    }
    client->refused = answer == NULL;
    queue(client, frame, answer == NULL ? answer_to_unknown() : answer);
    at += length;
  }
  if (client->refused) at = client->input_length;
  memmove(client->input, client->input + at, client->input_length - at);
  client->input_length -= at;
}

static void mark_sent(struct client *client, size_t bytes) {
  bytes += client->sent_bytes;
  while (client->count > 0 && bytes >= client->ring[client->first].answer->length) {
    bytes -= client->ring[client->first].answer->length;
    client->first = (client->first + 1) % ANSWERS_MAX;
    client->count--;
  }
  client->sent_bytes = bytes;
}

static bool send_answers(struct client *client) {
  while (client->count > 0) {
    struct iovec pieces[2 * ANSWERS_PER_SEND];
    unsigned count = 0;
    for (unsigned i = 0; i < client->count && i < ANSWERS_PER_SEND; i++) {
      struct outgoing *outgoing = &client->ring[(client->first + i) % ANSWERS_MAX];
      size_t skipped = i == 0 ? client->sent_bytes : 0;
      if (skipped < CQL_HEAD_BYTES) {
        pieces[count++] = (struct iovec){outgoing->head + skipped, CQL_HEAD_BYTES - skipped};
        skipped = CQL_HEAD_BYTES;
      }
      pieces[count++] = (struct iovec){outgoing->answer->bytes + skipped, outgoing->answer->length - skipped};
    }
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t sent = sendmsg(client->socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    mark_sent(client, (size_t)sent);
  }
  return !client->refused;
}

/* Until no whole request is left, or answers do not leave. */
static bool answer_and_send(struct client *client) {
  do {
    answer_input(client);
    if (client->count == 0) return true;
    if (!send_answers(client)) return false;
  } while (client->count == 0);
  return true;
}

bool client_serve(struct client *client) {
  /* Requests that found no room for their answers go first. */
  if (!answer_and_send(client)) return false;
  if (client->count > 0) return true;
  ssize_t length = recv(client->socket, client->input + client->input_length, INPUT_BYTES - client->input_length, 0);
  if (length < 0) return errno == EAGAIN || errno == EINTR;
  if (length == 0) return false;
  client->input_length += (size_t)length;
  return answer_and_send(client);
}
