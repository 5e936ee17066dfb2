#ifndef WIRE_MEMORY_H
#define WIRE_MEMORY_H

#include <stddef.h>

/** malloc that ends the program when there is no memory. */
void *allocate(size_t bytes);

#endif
