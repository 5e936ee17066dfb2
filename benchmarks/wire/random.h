#ifndef WIRE_RANDOM_H
#define WIRE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** The next number of a sequence that the first state determines, the same in every run and on every machine. */
uint64_t next_random(uint64_t *state);

/** Letters that depend on the key alone, so that an answer can be compared with what any run stored. */
void write_value(char *value, size_t length, uint64_t key);

#endif
