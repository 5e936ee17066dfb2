#define _GNU_SOURCE /* memmem */
#include "answers.h"

#include <string.h>

#include "../wire/cql-schema.h"

enum { KEY_BEGIN_BYTES = sizeof KEY_BEGIN - 1, LONG_STRING_BYTES = 4, SHORT_BYTES = 2 };

static struct cql_frame ready, supported, nothing, unknown;
static struct cql_frame prepared[STATEMENTS];
static struct cql_frame small_rows[SMALL_ROWS];
static struct cql_frame large_rows[LARGE_ROWS];

void answers_make(void) {
  ready = make_ready();
  supported = make_supported();
  nothing = make_void();
  unknown = make_error(0x000a, "not known to this stand-in for a server");
  for (int statement = 0; statement < STATEMENTS; statement++) prepared[statement] = make_prepared(statement);
  for (size_t key = 0; key < SMALL_ROWS; key++) small_rows[key] = make_row(SELECT_SMALL, key);
  for (size_t key = 0; key < LARGE_ROWS; key++) large_rows[key] = make_row(SELECT_LARGE, key);
}

const struct cql_frame *answer_to_unknown(void) { return &unknown; }

/* The number behind the first `key-` in [from, end); rows where there is none. */
static size_t key_in(const char *from, const char *end, size_t rows) {
  const char *at = memmem(from, (size_t)(end - from), KEY_BEGIN, KEY_BEGIN_BYTES);
  if (at == NULL || end - at < KEY_BEGIN_BYTES + KEY_DIGITS) return rows;
  size_t key = 0;
  for (int i = 0; i < KEY_DIGITS; i++) {
    char digit = at[KEY_BEGIN_BYTES + i];
    if (digit < '0' || digit > '9') return rows;
    key = key * 10 + (size_t)(digit - '0');
  }
  return key < rows ? key : rows;
}

static const struct cql_frame *run(enum statement statement, const char *from, const char *end) {
  size_t rows = statement == SELECT_LARGE ? LARGE_ROWS : SMALL_ROWS;
  size_t key = key_in(from, end, rows);
  if (key == rows) return NULL;
  if (statement == INSERT_SMALL) return &nothing;
  return statement == SELECT_LARGE ? &large_rows[key] : &small_rows[key];
}

/* The statement whose beginning (or whole text) is at `text`; STATEMENTS: none. */
static enum statement statement_of(const char *text, size_t length, const char *const *texts, bool whole) {
  for (int statement = 0; statement < STATEMENTS; statement++) {
    size_t wanted = strlen(texts[statement]);
    if ((whole ? length == wanted : length > wanted) && memcmp(text, texts[statement], wanted) == 0) return statement;
  }
  return STATEMENTS;
}

static const struct cql_frame *answer_to_text(enum cql_opcode opcode, const char *body, const char *end) {
  if (end - body < LONG_STRING_BYTES) return NULL;
  size_t length = cql_read_int(body);
  const char *text = body + LONG_STRING_BYTES;
  if (length > (size_t)(end - text)) return NULL;
  bool prepares = opcode == CQL_PREPARE;
  enum statement statement = statement_of(text, length, prepares ? prepared_texts : statement_beginnings, prepares);
  if (statement == STATEMENTS) return NULL;
  return prepares ? &prepared[statement] : run(statement, text, text + length);
}

static const struct cql_frame *answer_to_execute(const char *body, const char *end) {
  char id[PREPARED_ID_BYTES];
  if (end - body < SHORT_BYTES + PREPARED_ID_BYTES || cql_read_short(body) != PREPARED_ID_BYTES) return NULL;
  const char *given = body + SHORT_BYTES;
  unsigned char statement = (unsigned char)given[0];
  if (statement >= STATEMENTS) return NULL;
  write_prepared_id(id, statement);
  if (memcmp(id, given, PREPARED_ID_BYTES) != 0) return NULL;
  return run(statement, given + PREPARED_ID_BYTES, end);
}

const struct cql_frame *answer_to(const char *frame, size_t length, bool *greeted) {
  if (frame[0] != CQL_VERSION || frame[1] != 0) return NULL;
  enum cql_opcode opcode = (unsigned char)frame[CQL_OPCODE_AT];
  const char *body = frame + CQL_HEADER_BYTES;
  const char *end = frame + length;
  if (opcode == CQL_OPTIONS) return &supported;
  if (opcode == CQL_STARTUP && !*greeted) {
    *greeted = true;
    return &ready;
  }
  if (!*greeted) return NULL;
  switch (opcode) {
    case CQL_REGISTER: return &ready;
    case CQL_QUERY:
    case CQL_PREPARE: return answer_to_text(opcode, body, end);
    case CQL_EXECUTE: return answer_to_execute(body, end);
    default: return NULL;
  }
}
