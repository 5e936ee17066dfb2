#include "histogram.h"

/* Below HISTOGRAM_STEPS each nanosecond has its own bucket; above, each doubling is divided into HISTOGRAM_STEPS. */
static unsigned bucket_of(uint64_t nanoseconds) {
  if (nanoseconds < HISTOGRAM_STEPS) return (unsigned)nanoseconds;
  unsigned doubling = 63 - (unsigned)__builtin_clzll(nanoseconds) - 6;
  unsigned bucket = doubling * HISTOGRAM_STEPS + (unsigned)(nanoseconds >> doubling);
  unsigned last = HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS - 1;
  return bucket < last ? bucket : last;
}

static double middle_of(unsigned bucket) {
  if (bucket < HISTOGRAM_STEPS) return bucket;
  unsigned doubling = bucket / HISTOGRAM_STEPS - 1;
  return (HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS + 0.5) * (double)(1ULL << doubling);
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
  histogram->buckets[bucket_of(nanoseconds)]++;
  histogram->total++;
}

double histogram_quantile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS; bucket++) {
    seen += histogram->buckets[bucket];
    if (seen > wanted) return middle_of(bucket);
  }
  return 0;
}
