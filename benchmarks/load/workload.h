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

/** What is asked: in turn once (`fill`), or at random without end. */
struct workload {
  struct exchange_list reads;
  struct exchange_list writes;
  /** Of a hundred requests so many are writes. */
  unsigned write_percent;
  bool in_turn;
  size_t turn;
  uint64_t random;
};

/** The names that workload_make knows, for messages. */
extern const char workload_names[];

/** Builds all requests and answers beforehand. false: no workload has that name. Ends the program without memory. */
bool workload_make(struct workload *workload, const char *name, uint64_t seed);

/** The next exchange; NULL when the workload is done. */
const struct exchange *workload_next(struct workload *workload);

#endif
