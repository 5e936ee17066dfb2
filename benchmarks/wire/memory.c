#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory != NULL) return memory;
  fputs("out of memory\n", stderr);
  exit(1);
}
