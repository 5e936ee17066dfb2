#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SMALL_KEYS = 10000,
  SMALL_BYTES = 100,
  LARGE_KEYS = 64,
  LARGE_BYTES = 100 << 10,
  HUGE_KEYS = 4,
  HUGE_BYTES = 1 << 20,
  LINE_BYTES = 64,
};

const char workload_names[] = "fill get mixed miss denied large set1m";

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory != NULL) return memory;
  fputs("load: out of memory\n", stderr);
  exit(1);
}

static struct exchange_list make_list(size_t count) {
  return (struct exchange_list){.items = allocate(count * sizeof(struct exchange)), .count = count};
}

/* SplitMix64: the same seed gives the same bytes in every run and on every machine. */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/* The value of a key depends on the key alone, so that an answer can be compared with what any run stored. */
static void write_value(char *value, size_t length, uint64_t key) {
  uint64_t state = key;
  for (size_t i = 0; i < length; i += 8) {
    uint64_t random = next_random(&state);
    for (size_t j = i; j < i + 8 && j < length; j++, random >>= 8) value[j] = (char)('a' + (random & 0xff) % 26);
  }
}

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
  struct exchange_list list = make_list(keys);
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
  struct exchange_list list = make_list(keys);
  for (size_t key = 0; key < keys; key++) {
    struct exchange *exchange = &list.items[key];
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "set %s%06zu 0 0 %zu\r\n", name, key, value_length);
    exchange->request = with_value(line, key, value_length, "\r\n", &exchange->request_length);
    exchange->answer = plain("STORED\r\n", &exchange->answer_length);
  }
  return list;
}

static struct exchange_list joined(struct exchange_list one, struct exchange_list other) {
  struct exchange_list list = make_list(one.count + other.count);
  memcpy(list.items, one.items, one.count * sizeof *list.items);
  memcpy(list.items + one.count, other.items, other.count * sizeof *list.items);
  return list;
}

bool workload_make(struct workload *workload, const char *name, uint64_t seed) {
  *workload = (struct workload){.random = seed};
  if (strcmp(name, "fill") == 0) {
    workload->writes = joined(make_writes("key-", SMALL_KEYS, SMALL_BYTES), make_writes("key-large-", LARGE_KEYS, LARGE_BYTES));
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

const struct exchange *workload_next(struct workload *workload) {
  if (workload->in_turn) {
    return workload->turn < workload->writes.count ? &workload->writes.items[workload->turn++] : NULL;
  }
  uint64_t random = next_random(&workload->random);
  bool writes = random % 100 < workload->write_percent;
  const struct exchange_list *list = writes ? &workload->writes : &workload->reads;
  return &list->items[(random >> 32) % list->count];
}
