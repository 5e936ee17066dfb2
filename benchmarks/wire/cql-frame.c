#include "cql-frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_int(char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (char)(value >> (24 - 8 * i));
}

static char *grow(struct cql_frame *frame, size_t length) {
  char *bytes = realloc(frame->bytes, frame->length + length);
  if (bytes == NULL) {
    fputs("out of memory\n", stderr);
    exit(1);
  }
  char *added = bytes + frame->length;
  frame->bytes = bytes;
  frame->length += length;
  if (frame->length >= CQL_HEADER_BYTES) write_int(bytes + CQL_LENGTH_AT, (uint32_t)(frame->length - CQL_HEADER_BYTES));
  return added;
}

struct cql_frame cql_begin(uint8_t direction, enum cql_opcode opcode) {
  struct cql_frame frame = {0};
  char *header = grow(&frame, CQL_HEADER_BYTES);
  memset(header, 0, CQL_HEADER_BYTES);
  header[0] = (char)(direction | CQL_VERSION);
  header[CQL_OPCODE_AT] = (char)opcode;
  return frame;
}

void cql_put(struct cql_frame *frame, const void *bytes, size_t length) { memcpy(grow(frame, length), bytes, length); }

void cql_put_byte(struct cql_frame *frame, uint8_t value) { *grow(frame, 1) = (char)value; }

void cql_put_short(struct cql_frame *frame, uint16_t value) {
  cql_put_byte(frame, (uint8_t)(value >> 8));
  cql_put_byte(frame, (uint8_t)value);
}

void cql_put_int(struct cql_frame *frame, uint32_t value) { write_int(grow(frame, 4), value); }

void cql_put_string(struct cql_frame *frame, const char *text) {
  cql_put_short(frame, (uint16_t)strlen(text));
  cql_put(frame, text, strlen(text));
}

void cql_put_long_string(struct cql_frame *frame, const char *text) {
  cql_put_int(frame, (uint32_t)strlen(text));
  cql_put(frame, text, strlen(text));
}

char *cql_put_value(struct cql_frame *frame, size_t length) {
  cql_put_int(frame, (uint32_t)length);
  return grow(frame, length);
}

uint16_t cql_read_short(const char *at) {
  return (uint16_t)((unsigned char)at[0] << 8 | (unsigned char)at[1]);
}

uint32_t cql_read_int(const char *at) { return (uint32_t)cql_read_short(at) << 16 | cql_read_short(at + 2); }
