#ifndef WIRE_CQL_FRAME_H
#define WIRE_CQL_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Frames of the CQL binary protocol, version 4 (native_protocol_v4.spec): version, flags, stream, opcode, length, body. */
enum {
  CQL_HEADER_BYTES = 9,
  CQL_OPCODE_AT = 4,
  CQL_LENGTH_AT = 5,
  /* Of the header, up to the stream and with it: what differs from one use of a frame to the next. */
  CQL_HEAD_BYTES = 4,
  CQL_STREAM_AT = 2,
  CQL_VERSION = 0x04,
  CQL_RESPONSE = 0x80,
};

enum cql_opcode {
  CQL_ERROR = 0x00,
  CQL_STARTUP = 0x01,
  CQL_READY = 0x02,
  CQL_OPTIONS = 0x05,
  CQL_SUPPORTED = 0x06,
  CQL_QUERY = 0x07,
  CQL_RESULT = 0x08,
  CQL_PREPARE = 0x09,
  CQL_EXECUTE = 0x0a,
  CQL_REGISTER = 0x0b,
  CQL_BATCH = 0x0d,
};

enum cql_result { CQL_VOID = 1, CQL_ROWS = 2, CQL_PREPARED = 4 };

/** A frame in memory of its own, on stream 0. */
struct cql_frame {
  char *bytes;
  size_t length;
};

/** Begins a frame; the direction is 0 or CQL_RESPONSE. */
struct cql_frame cql_begin(uint8_t direction, enum cql_opcode opcode);

/* Each adds one piece to the body and keeps the length in the header right. */
void cql_put(struct cql_frame *frame, const void *bytes, size_t length);
void cql_put_byte(struct cql_frame *frame, uint8_t value);
void cql_put_short(struct cql_frame *frame, uint16_t value);
void cql_put_int(struct cql_frame *frame, uint32_t value);
void cql_put_string(struct cql_frame *frame, const char *text);
void cql_put_long_string(struct cql_frame *frame, const char *text);
/** [value] or [bytes]: room for `length` bytes, which are to be filled in. */
char *cql_put_value(struct cql_frame *frame, size_t length);

uint16_t cql_read_short(const char *at);
uint32_t cql_read_int(const char *at);

#endif
