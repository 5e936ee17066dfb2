#ifndef LOAD_MEMCACHED_WORKLOAD_H
#define LOAD_MEMCACHED_WORKLOAD_H

#include "workload.h"

extern const char memcached_workload_names[];

/** Requests and answers of memcached's text protocol. false: no workload of memcached has that name. */
bool memcached_workload_make(struct workload *workload, const char *name);

#endif
