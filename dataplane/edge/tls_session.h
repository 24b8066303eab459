// The TLS of one connection: the handshake, then bytes in and out, then a goodbye.
//
// Never blocks and never waits: each call does what the socket allows now and says what it lacks.
// The caller watches the socket, edge-triggered, and tells OnEvent. Bytes that OpenSSL has read
// ahead bring no event, so Read goes on until there are none, or says that there are more.
//
// A client must be able to tell an answer that was cut from one that has ended: the goodbye
// (close_notify) stands for the proper end of the connection, and only Goodbye sends it. Without
// it the client sees the stream torn.
//
// One thread. Keeps the context that it began with; the socket stays the caller's.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/edge/socket_input.h"
#include "dataplane/edge/tls_context.h"
#include "dataplane/edge/tls_wire.h"

namespace sluice::edge {

class TlsSession {
 public:
  enum class Handshake {
    kDone,
    kWaitsForInput,
    kWaitsForRoom,  // to write
    kPlaintext,     // the client speaks HTTP without TLS; what it sent is gone
    kLeft,          // the client closed
    kFailed,        // the client was told so in the way of TLS; see failure()
  };

  TlsSession(std::shared_ptr<const TlsContext> context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // The socket became readable; or, with `shut`, its last bytes are there.
  void OnEvent(bool readable, bool shut);

  // One step; not after any outcome but the two that wait.
  Handshake Shake();
  // After kDone: it took up an earlier session.
  bool resumed() const;
  // Why it failed, in OpenSSL's words; it names nothing that the client sent.
  const std::string& failure() const { return failure_; }

  // The rest is for after the handshake.
  Input Read(char* buffer, size_t size);
  // Whether there is something to read, or an end, without taking it: kBytes has no size.
  Input Peek();
  // As sendmsg does: bytes taken, or -1 with EAGAIN or another errno. After EAGAIN the next call
  // must begin with the same bytes, wherever they lie then, and as many or more.
  ssize_t Write(const iovec* parts, size_t count);
  // Sends the goodbye, once. False if there is no room for it now.
  bool Goodbye();

  // A read has to write first (an answer to a change of keys), or a write to read.
  bool read_waits_for_room() const { return read_waits_for_room_; }
  bool write_waits_for_input() const { return write_waits_for_input_; }
  // Bytes on the wire that the kernel has taken, ever.
  uint64_t sent() const { return wire_.sent; }

 private:
  Input::Kind FailedRead(int result);

  const std::shared_ptr<const TlsContext> context_;
  TlsWire wire_;
  ssl_st* const ssl_;
  std::string failure_;
  bool broken_ = false;  // OpenSSL must not be asked any more
  bool said_goodbye_ = false;
  bool read_waits_for_room_ = false;
  bool write_waits_for_input_ = false;
  Input::Kind ending_ = Input::Kind::kWait;  // kEnd or kLost, found behind bytes
};

}  // namespace sluice::edge
