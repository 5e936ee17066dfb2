#ifndef WIRE_LOOPBACK_H
#define WIRE_LOOPBACK_H

#include <netinet/in.h>

/**
 * Reads a loopback address. Others are refused: a load generator must never be aimed at somebody else's machine by
 * mistake, nor its server be open to one.
 *
 * @returns NULL, or what is wrong.
 */
const char *loopback_read(struct sockaddr_in *address, const char *text);

/** Reads `127.A.B.C:PORT`; the text is cut at its colon. */
const char *loopback_read_with_port(struct sockaddr_in *address, char *text);

#endif
