#include "random.h"

/* SplitMix64. */
uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void write_value(char *value, size_t length, uint64_t key) {
  uint64_t state = key;
  for (size_t i = 0; i < length; i += 8) {
    uint64_t random = next_random(&state);
    for (size_t j = i; j < i + 8 && j < length; j++, random >>= 8) value[j] = (char)('a' + (random & 0xff) % 26);
  }
}
