#ifndef LOAD_CQL_WORKLOAD_H
#define LOAD_CQL_WORKLOAD_H

#include "workload.h"

extern const char cql_workload_names[];

/** Frames of the CQL binary protocol, version 4, as wire/cql-schema.h has them. false: no workload of CQL has that name. */
bool cql_workload_make(struct workload *workload, const char *name);

#endif
