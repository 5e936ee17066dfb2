#ifndef LOAD_WORKLOAD_H
#define LOAD_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A request and the exact answer that it must get. */
struct exchange {
  char *request;
  size_t request_length;
  char *answer;
  size_t answer_length;
};

struct exchange_list {
  struct exchange *items;
  size_t count;
};

struct exchange_list exchange_list_make(size_t count);
struct exchange_list exchange_list_joined(struct exchange_list one, struct exchange_list other);

/** What is asked: in turn once (`fill`), or at random without end. */
struct workload {
  /** Before anything else every connection asks this, one after the other. */
  struct exchange_list greeting;
  struct exchange_list reads;
  struct exchange_list writes;
  /** Of a hundred requests so many are writes. */
  unsigned write_percent;
  /** Frames of CQL: each request under way gets a stream of its own, which its answer must have. */
  bool has_streams;
  bool in_turn;
  size_t turn;
  uint64_t random;
};

/** Builds all requests and answers beforehand. false: no workload has that name. Ends the program without memory. */
bool workload_make(struct workload *workload, const char *name, uint64_t seed);

/** The next exchange; NULL when the workload is done. */
const struct exchange *workload_next(struct workload *workload);

#endif
