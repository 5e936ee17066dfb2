#ifndef WIRE_CQL_SCHEMA_H
#define WIRE_CQL_SCHEMA_H

#include "cql-frame.h"

/*
 * What the load generator asks and the stand-in server answers: tables of text keys (`key-nnnnnn`) and text values that
 * depend on the key alone. Both build an answer with the same function; what is tested lies between them.
 */
enum { SMALL_ROWS = 10000, SMALL_ROW_BYTES = 100, LARGE_ROWS = 64, LARGE_ROW_BYTES = 100 << 10, KEY_DIGITS = 6 };

#define KEY_BEGIN "key-"
#define KEY_FORMAT KEY_BEGIN "%06zu"

enum statement { SELECT_SMALL, SELECT_LARGE, INSERT_SMALL, STATEMENTS };

/** How the statement's text begins, up to its key or markers. */
extern const char *const statement_beginnings[STATEMENTS];

/** The text with a `?` for each value. */
extern const char *const prepared_texts[STATEMENTS];

enum { PREPARED_ID_BYTES = 16 };

/** The id of a prepared statement: its number, then bytes that are the same for all. */
void write_prepared_id(char *id, enum statement statement);

struct cql_frame make_ready(void);
struct cql_frame make_supported(void);
struct cql_frame make_void(void);
/** The answer to a select: one row with one column. */
struct cql_frame make_row(enum statement statement, size_t key);
struct cql_frame make_prepared(enum statement statement);
struct cql_frame make_error(uint32_t code, const char *message);

#endif
