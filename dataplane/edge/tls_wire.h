// The bottom of a TLS connection: reads and writes the client's socket for OpenSSL.
//
// OpenSSL's own raises SIGPIPE, asks an empty socket twice for each message, and cannot tell how
// many bytes it has handed to the kernel. One thread; the socket stays the caller's.
#pragma once

#include <cstddef>
#include <cstdint>

struct bio_st;
struct bio_method_st;

namespace sluice::edge {

struct TlsWire {
  int fd = -1;
  uint64_t sent = 0;       // bytes the kernel has taken, ever
  bool drained = false;    // the last read emptied the socket: not asked again before an event
  bool shut = false;       // the end of the stream has been reported, and waits behind the bytes
  bool begun = false;      // the first byte was seen
  bool plaintext = false;  // it was none of TLS, but of HTTP; nothing is passed on then
  bool ended = false;      // the end of the stream was read
  bool broken = false;     // a read or write failed
};

// How wires are read and written; outlives every BIO made with it. Never null.
bio_method_st* NewWireMethod();
// `wire` must outlive the result. Never null.
bio_st* NewWireBio(const bio_method_st* method, TlsWire* wire);

}  // namespace sluice::edge
