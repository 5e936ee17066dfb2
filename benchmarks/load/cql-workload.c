#include "cql-workload.h"

#include <stdio.h>
#include <string.h>

#include "../wire/cql-schema.h"
#include "../wire/random.h"

enum { TEXT_BYTES = 256, KEY_BYTES = sizeof KEY_BEGIN - 1 + KEY_DIGITS, CONSISTENCY_ONE = 1, WITH_VALUES = 0x01 };

const char cql_workload_names[] = "cql-query cql-execute cql-large cql-denied";

static struct exchange exchange_of(struct cql_frame request, struct cql_frame answer) {
  return (struct exchange){request.bytes, request.length, answer.bytes, answer.length};
}

static struct cql_frame make_startup(void) {
  struct cql_frame frame = cql_begin(0, CQL_STARTUP);
  cql_put_short(&frame, 1);
  cql_put_string(&frame, "CQL_VERSION");
  cql_put_string(&frame, "3.0.0");
  return frame;
}

static struct cql_frame make_prepare(enum statement statement) {
  struct cql_frame frame = cql_begin(0, CQL_PREPARE);
  cql_put_long_string(&frame, prepared_texts[statement]);
  return frame;
}

/* The statement's text with the key, and for an insert the value, as literals. */
static struct cql_frame make_query(const char *beginning, bool inserts, size_t key) {
  char value[SMALL_ROW_BYTES + 1] = "";
  char text[TEXT_BYTES];
  if (inserts) write_value(value, SMALL_ROW_BYTES, key);
  snprintf(text, sizeof text, inserts ? "%s'" KEY_FORMAT "', '%s')" : "%s'" KEY_FORMAT "'", beginning, key, value);
  struct cql_frame frame = cql_begin(0, CQL_QUERY);
  cql_put_long_string(&frame, text);
  cql_put_short(&frame, CONSISTENCY_ONE);
  cql_put_byte(&frame, 0);
  return frame;
}

static struct cql_frame make_execute(enum statement statement, size_t key) {
  char id[PREPARED_ID_BYTES];
  char text[TEXT_BYTES];
  bool inserts = statement == INSERT_SMALL;
  struct cql_frame frame = cql_begin(0, CQL_EXECUTE);
  write_prepared_id(id, statement);
  cql_put_short(&frame, PREPARED_ID_BYTES);
  cql_put(&frame, id, PREPARED_ID_BYTES);
  cql_put_short(&frame, CONSISTENCY_ONE);
  cql_put_byte(&frame, WITH_VALUES);
  cql_put_short(&frame, inserts ? 2 : 1);
  snprintf(text, sizeof text, KEY_FORMAT, key);
  memcpy(cql_put_value(&frame, KEY_BYTES), text, KEY_BYTES);
  if (inserts) write_value(cql_put_value(&frame, SMALL_ROW_BYTES), SMALL_ROW_BYTES, key);
  return frame;
}

static struct exchange_list make_exchanges(enum statement statement, bool prepared, size_t keys) {
  bool inserts = statement == INSERT_SMALL;
  struct exchange_list list = exchange_list_make(keys);
  for (size_t key = 0; key < keys; key++) {
    struct cql_frame request = prepared ? make_execute(statement, key)
                                        : make_query(statement_beginnings[statement], inserts, key);
    list.items[key] = exchange_of(request, inserts ? make_void() : make_row(statement, key));
  }
  return list;
}

/* What policy refuses: the proxy answers. */
static struct exchange_list make_denied(void) {
  struct exchange_list list = exchange_list_make(SMALL_ROWS);
  for (size_t key = 0; key < SMALL_ROWS; key++) {
    struct cql_frame request = make_query("SELECT v FROM secret.small WHERE k = ", false, key);
    list.items[key] = exchange_of(request, make_error(0x2100, "Request Unauthorized"));
  }
  return list;
}

static struct exchange_list make_greeting(bool prepares) {
  struct exchange_list list = exchange_list_make(prepares ? 3 : 1);
  list.items[0] = exchange_of(make_startup(), make_ready());
  if (prepares) {
    list.items[1] = exchange_of(make_prepare(SELECT_SMALL), make_prepared(SELECT_SMALL));
    list.items[2] = exchange_of(make_prepare(INSERT_SMALL), make_prepared(INSERT_SMALL));
  }
  return list;
}

bool cql_workload_make(struct workload *workload, const char *name) {
  bool prepared = strcmp(name, "cql-execute") == 0;
  if (prepared || strcmp(name, "cql-query") == 0) {
    workload->reads = make_exchanges(SELECT_SMALL, prepared, SMALL_ROWS);
    workload->writes = make_exchanges(INSERT_SMALL, prepared, SMALL_ROWS);
    workload->write_percent = 10;
  } else if (strcmp(name, "cql-large") == 0) {
    workload->reads = make_exchanges(SELECT_LARGE, false, LARGE_ROWS);
  } else if (strcmp(name, "cql-denied") == 0) {
    workload->reads = make_denied();
  } else {
    return false;
  }
  workload->has_streams = true;
  workload->greeting = make_greeting(prepared);
  return true;
}
