/* The runtime's sockets. */
#ifndef GOTUNE_NRI_CONNECT_H
#define GOTUNE_NRI_CONNECT_H

#include "gotune/base.h"

/* Connects to the socket PATH of this machine; FLAGS: 0, or SOCK_NONBLOCK. A descriptor, or -errno.
 */
GT_MUST_CHECK int gt_nri_connect(const char *path, int flags);

#endif
