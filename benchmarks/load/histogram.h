#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

/* Buckets to the doubling of a latency: a quantile is off by 1.6 % at most. */
#define HISTOGRAM_STEPS 64
#define HISTOGRAM_DOUBLINGS 40

/** Counts of latencies in nanoseconds. Starts as all zero. */
struct histogram {
  uint64_t total;
  uint32_t buckets[HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/** The latency in nanoseconds that a share of all (0 to 1) does not exceed; 0 without any. */
double histogram_quantile(const struct histogram *histogram, double share);

#endif
