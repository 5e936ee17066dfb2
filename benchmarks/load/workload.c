#include "workload.h"

#include <string.h>

#include "../wire/memory.h"
#include "../wire/random.h"
#include "cql-workload.h"
#include "memcached-workload.h"

struct exchange_list exchange_list_make(size_t count) {
  return (struct exchange_list){.items = allocate(count * sizeof(struct exchange)), .count = count};
}

struct exchange_list exchange_list_joined(struct exchange_list one, struct exchange_list other) {
  struct exchange_list list = exchange_list_make(one.count + other.count);
  memcpy(list.items, one.items, one.count * sizeof *list.items);
  memcpy(list.items + one.count, other.items, other.count * sizeof *list.items);
  return list;
}

bool workload_make(struct workload *workload, const char *name, uint64_t seed) {
  *workload = (struct workload){.random = seed};
  return memcached_workload_make(workload, name) || cql_workload_make(workload, name);
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
