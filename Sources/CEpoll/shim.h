// epoll, which Swift's own modules for Linux leave out. Empty elsewhere.
#ifndef CEPOLL_SHIM_H
#define CEPOLL_SHIM_H

#ifdef __linux__
#include <stdint.h>
#include <sys/epoll.h>

// Each C library defines these in its own way, which Swift shows as values of its own types.
static const int CEPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const uint32_t CEPOLL_IN = EPOLLIN;
static const uint32_t CEPOLL_OUT = EPOLLOUT;
#endif

#endif
