#include "memcached-workload.h"

#include <stdio.h>
#include <string.h>

#include "../wire/memory.h"
#include "../wire/random.h"

enum {
  SMALL_KEYS = 10000,
  SMALL_BYTES = 100,
  LARGE_KEYS = 64,
  LARGE_BYTES = 100 << 10,
  HUGE_KEYS = 4,
  HUGE_BYTES = 1 << 20,
  LINE_BYTES = 64,
};

const char memcached_workload_names[] = "fill get mixed miss denied large set1m";

/* `line`, the value and `tail` in memory of their own. */
static char *with_value(const char *line, uint64_t key, size_t value_length, const char *tail, size_t *length) {
  size_t line_length = strlen(line);
  size_t tail_length = strlen(tail);
  *length = line_length + value_length + tail_length;
  char *bytes = allocate(*length);
  memcpy(bytes, line, line_length);
  write_value(bytes + line_length, value_length, key);
  memcpy(bytes + line_length + value_length, tail, tail_length);
  return bytes;
}

static char *plain(const char *text, size_t *length) { return with_value(text, 0, 0, "", length); }

/* get NAMEnnnnnn: `value_length` bytes, or a fixed answer. */
static struct exchange_list make_reads(const char *name, size_t keys, size_t value_length, const char *fixed_answer) {
  struct exchange_list list = exchange_list_make(keys);
  for (size_t key = 0; key < keys; key++) {
    struct exchange *exchange = &list.items[key];
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "get %s%06zu\r\n", name, key);
    exchange->request = plain(line, &exchange->request_length);
    snprintf(line, sizeof line, "VALUE %s%06zu 0 %zu\r\n", name, key, value_length);
    exchange->answer = fixed_answer != NULL
                           ? plain(fixed_answer, &exchange->answer_length)
                           : with_value(line, key, value_length, "\r\nEND\r\n", &exchange->answer_length);
  }
  return list;
}

static struct exchange_list make_writes(const char *name, size_t keys, size_t value_length) {
  struct exchange_list list = exchange_list_make(keys);
  for (size_t key = 0; key < keys; key++) {
    struct exchange *exchange = &list.items[key];
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "set %s%06zu 0 0 %zu\r\n", name, key, value_length);
    exchange->request = with_value(line, key, value_length, "\r\n", &exchange->request_length);
    exchange->answer = plain("STORED\r\n", &exchange->answer_length);
  }
  return list;
}

bool memcached_workload_make(struct workload *workload, const char *name) {
  if (strcmp(name, "fill") == 0) {
    workload->writes = exchange_list_joined(make_writes("key-", SMALL_KEYS, SMALL_BYTES),
                                            make_writes("key-large-", LARGE_KEYS, LARGE_BYTES));
    workload->in_turn = true;
  } else if (strcmp(name, "get") == 0) {
    workload->reads = make_reads("key-", SMALL_KEYS, SMALL_BYTES, NULL);
  } else if (strcmp(name, "mixed") == 0) {
    workload->reads = make_reads("key-", SMALL_KEYS, SMALL_BYTES, NULL);
    workload->writes = make_writes("key-", SMALL_KEYS, SMALL_BYTES);
    workload->write_percent = 10;
  } else if (strcmp(name, "miss") == 0) {
    workload->reads = make_reads("key-absent-", SMALL_KEYS, 0, "END\r\n");
  } else if (strcmp(name, "denied") == 0) {
    workload->reads = make_reads("secret-", SMALL_KEYS, 0, "CLIENT_ERROR access denied\r\n");
  } else if (strcmp(name, "large") == 0) {
    workload->reads = make_reads("key-large-", LARGE_KEYS, LARGE_BYTES, NULL);
    workload->writes = make_writes("key-large-", LARGE_KEYS, LARGE_BYTES);
    workload->write_percent = 10;
  } else if (strcmp(name, "set1m") == 0) {
    workload->writes = make_writes("key-huge-", HUGE_KEYS, HUGE_BYTES);
    workload->write_percent = 100;
  } else {
    return false;
  }
  return true;
}
