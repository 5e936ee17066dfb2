#ifndef CQL_SERVER_ANSWERS_H
#define CQL_SERVER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "../wire/cql-frame.h"

/** Builds all answers beforehand. */
void answers_make(void);

/**
 * The answer to one whole request frame, on stream 0; NULL: the request is none that this server knows.
 *
 * @param greeted Whether the connection had its STARTUP; set by it.
 */
const struct cql_frame *answer_to(const char *frame, size_t length, bool *greeted);

/** What a request gets that this server does not know; the connection is closed behind it. */
const struct cql_frame *answer_to_unknown(void);

#endif
