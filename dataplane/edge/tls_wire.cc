#include "dataplane/edge/tls_wire.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/base/check.h"

namespace sluice::edge {
namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

// Every record of TLS begins with a byte below 0x20, every request of HTTP with a letter.
bool BeginsHttp(char first) { return first >= 'A' && first <= 'Z'; }

int Read(BIO* bio, char* bytes, int size) {
  auto* wire = static_cast<TlsWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (wire->plaintext || wire->ended || wire->broken) return wire->ended ? 0 : -1;
  if (wire->drained && !wire->shut) {
    BIO_set_retry_read(bio);
    return -1;
  }
  ssize_t count;
  do {
    count = recv(wire->fd, bytes, static_cast<size_t>(size), 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    wire->drained = count < size;
    wire->plaintext = !wire->begun && BeginsHttp(bytes[0]);
    wire->begun = true;
    return wire->plaintext ? -1 : static_cast<int>(count);
  }
  if (count == 0) {
    wire->ended = true;
    return 0;
  }
  if (WouldBlock()) {
    wire->drained = true;
    wire->shut = false;
    BIO_set_retry_read(bio);
  } else {
    wire->broken = true;
  }
  return -1;
}

int Write(BIO* bio, const char* bytes, int size) {
  auto* wire = static_cast<TlsWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (wire->broken) return -1;
  ssize_t count;
  do {
    count = send(wire->fd, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) {
    wire->sent += static_cast<uint64_t>(count);
    return static_cast<int>(count);
  }
  if (WouldBlock()) {
    BIO_set_retry_write(bio);
  } else {
    wire->broken = true;
  }
  return -1;
}

long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace

bio_method_st* NewWireMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "client socket");
  const bool made = method != nullptr && BIO_meth_set_read(method, Read) == 1 &&
                    BIO_meth_set_write(method, Write) == 1 &&
                    BIO_meth_set_ctrl(method, Control) == 1;
  SLUICE_CHECK(made, "OpenSSL has no memory for a listener");
  return method;
}

bio_st* NewWireBio(const bio_method_st* method, TlsWire* wire) {
  BIO* bio = BIO_new(method);
  SLUICE_CHECK(bio != nullptr, "OpenSSL has no memory for a connection");
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace sluice::edge
