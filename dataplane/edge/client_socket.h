// A client's socket as its connection reads and writes it: plain, or through TLS.
//
// One branch a call tells the two apart. One thread; the descriptor stays the caller's.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>

#include "dataplane/edge/socket_input.h"
#include "dataplane/edge/tls_session.h"

namespace sluice::edge {

class ClientSocket {
 public:
  explicit ClientSocket(int fd) : fd_(fd) {}
  // With TLS if there is a context.
  ClientSocket(int fd, std::shared_ptr<const TlsContext> context);

  int fd() const { return fd_; }
  // Null: plaintext.
  TlsSession* tls() const { return tls_.get(); }
  // From now on plaintext, for a client that never spoke TLS.
  void DropTls() { tls_.reset(); }

  Input Read(char* buffer, size_t size);
  // Bytes taken, or -1 with errno: EAGAIN says that there is no room now, and the next call must
  // begin with the same bytes, others that the connection is gone. May change `parts`.
  ssize_t Write(iovec* parts, size_t count);
  // Says that everything was said; nothing in plaintext. False if there is no room for it now.
  bool Goodbye() { return tls_ == nullptr || tls_->Goodbye(); }

 private:
  const int fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace sluice::edge
