#include "cql-schema.h"

#include <stdbool.h>
#include <string.h>

#include "random.h"

enum { TYPE_TEXT = 0x0d, GLOBAL_TABLE = 0x01 };

const char *const statement_beginnings[STATEMENTS] = {
    [SELECT_SMALL] = "SELECT v FROM bench.small WHERE k = ",
    [SELECT_LARGE] = "SELECT v FROM bench.large WHERE k = ",
    [INSERT_SMALL] = "INSERT INTO bench.small (k, v) VALUES (",
};

const char *const prepared_texts[STATEMENTS] = {
    [SELECT_SMALL] = "SELECT v FROM bench.small WHERE k = ?",
    [SELECT_LARGE] = "SELECT v FROM bench.large WHERE k = ?",
    [INSERT_SMALL] = "INSERT INTO bench.small (k, v) VALUES (?, ?)",
};

void write_prepared_id(char *id, enum statement statement) {
  memcpy(id, "?prepared by us.", PREPARED_ID_BYTES);
  id[0] = (char)statement;
}

static const char *table_of(enum statement statement) { return statement == SELECT_LARGE ? "large" : "small"; }

static void put_columns(struct cql_frame *frame, enum statement statement, const char *const *names, size_t count) {
  cql_put_string(frame, "bench");
  cql_put_string(frame, table_of(statement));
  for (size_t i = 0; i < count; i++) {
    cql_put_string(frame, names[i]);
    cql_put_short(frame, TYPE_TEXT);
  }
}

static struct cql_frame begin_result(enum cql_result kind) {
  struct cql_frame frame = cql_begin(CQL_RESPONSE, CQL_RESULT);
  cql_put_int(&frame, kind);
  return frame;
}

struct cql_frame make_ready(void) { return cql_begin(CQL_RESPONSE, CQL_READY); }

struct cql_frame make_supported(void) {
  struct cql_frame frame = cql_begin(CQL_RESPONSE, CQL_SUPPORTED);
  cql_put_short(&frame, 2);
  cql_put_string(&frame, "CQL_VERSION");
  cql_put_short(&frame, 1);
  cql_put_string(&frame, "3.4.7");
  cql_put_string(&frame, "COMPRESSION");
  cql_put_short(&frame, 0);
  return frame;
}

struct cql_frame make_void(void) { return begin_result(CQL_VOID); }

struct cql_frame make_row(enum statement statement, size_t key) {
  static const char *const columns[] = {"v"};
  size_t length = statement == SELECT_LARGE ? LARGE_ROW_BYTES : SMALL_ROW_BYTES;
  struct cql_frame frame = begin_result(CQL_ROWS);
  cql_put_int(&frame, GLOBAL_TABLE);
  cql_put_int(&frame, 1);
  put_columns(&frame, statement, columns, 1);
  cql_put_int(&frame, 1);
  write_value(cql_put_value(&frame, length), length, key);
  return frame;
}

struct cql_frame make_prepared(enum statement statement) {
  static const char *const bound[] = {"k", "v"};
  static const char *const selected[] = {"v"};
  bool selects = statement != INSERT_SMALL;
  struct cql_frame frame = begin_result(CQL_PREPARED);
  char id[PREPARED_ID_BYTES];
  write_prepared_id(id, statement);
  cql_put_short(&frame, PREPARED_ID_BYTES);
  cql_put(&frame, id, PREPARED_ID_BYTES);
  cql_put_int(&frame, GLOBAL_TABLE);
  cql_put_int(&frame, selects ? 1 : 2);
  /* The first of the bound values is the partition key. */
  cql_put_int(&frame, 1);
  cql_put_short(&frame, 0);
  put_columns(&frame, statement, bound, selects ? 1 : 2);
  cql_put_int(&frame, selects ? GLOBAL_TABLE : 0);
  cql_put_int(&frame, selects ? 1 : 0);
  if (selects) put_columns(&frame, statement, selected, 1);
  return frame;
}

struct cql_frame make_error(uint32_t code, const char *message) {
  struct cql_frame frame = cql_begin(CQL_RESPONSE, CQL_ERROR);
  cql_put_int(&frame, code);
  cql_put_string(&frame, message);
  return frame;
}
