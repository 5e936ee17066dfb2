#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *loopback_read(struct sockaddr_in *address, const char *text) {
  *address = (struct sockaddr_in){.sin_family = AF_INET};
  if (inet_pton(AF_INET, text, &address->sin_addr) != 1) return "not an IPv4 address";
  if (ntohl(address->sin_addr.s_addr) >> 24 != 127) return "only loopback addresses (127.0.0.0/8) are accepted";
  return NULL;
}

const char *loopback_read_with_port(struct sockaddr_in *address, char *text) {
  char *colon = strchr(text, ':');
  if (colon == NULL) return "an address and a port are needed";
  *colon = '\0';
  const char *problem = loopback_read(address, text);
  *colon = ':';
  if (problem != NULL) return problem;
  char *end;
  errno = 0;
  unsigned long port = strtoul(colon + 1, &end, 10);
  if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || errno != 0 || port < 1 || port > 65535) {
    return "the port must be a number from 1 to 65535";
  }
  address->sin_port = htons((uint16_t)port);
  return NULL;
}
