// A client that speaks TLS through memory, so that a test says what goes over the wire, in which
// pieces, and how the connection ends. Blocking, with a deadline in every wait.
#pragma once

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "tests/unit/dataplane/edge/raw_client.h"

namespace sluice::edge {

struct TlsClientOptions {
  std::string authority;           // PEM; empty: any server will do
  std::string server_name;         // asked for, and checked if there is an authority
  int version = 0;                 // only this one; 0: any
  std::string ciphers;             // of TLS 1.2 and before
  std::string protocols;           // ALPN as on the wire, "\x08http/1.1"
  SSL_SESSION* session = nullptr;  // to resume
  size_t piece = 0;                // the wire in pieces of so many bytes; 0: as it comes
  int receive_buffer = 0;
};

class TlsClient {
 public:
  // How the server ended the connection.
  enum class End { kOpen, kGoodbye, kTorn, kReset };

  explicit TlsClient(uint16_t port, const TlsClientOptions& options = {})
      : raw_(port, options.receive_buffer), piece_(options.piece) {
    const int on = 1;
    setsockopt(raw_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context_, options.version == 0 ? 2 : 0);
    SSL_CTX_set_min_proto_version(context_, options.version);
    SSL_CTX_set_max_proto_version(context_, options.version);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT);
    if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_, options.ciphers.c_str());
    if (!options.authority.empty()) Trust(options.authority);
    ssl_ = SSL_new(context_);
    if (!options.server_name.empty()) {
      SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
      if (!options.authority.empty()) SSL_set1_host(ssl_, options.server_name.c_str());
    }
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned>(options.protocols.size()));
    }
    if (options.session != nullptr) SSL_set_session(ssl_, options.session);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // False if the server would not, or cannot be believed; error() says which.
  bool Shake() {
    for (;;) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_);
      const int error = SSL_get_error(ssl_, result);
      if (result != 1) error_ = ReasonOf();
      Flush();
      if (result == 1) return true;
      if (error != SSL_ERROR_WANT_READ || !Fill()) return false;
    }
  }
  // The client's next bytes for the wire, not sent: of a handshake that has begun.
  std::string Hello() {
    SSL_do_handshake(ssl_);
    return Outgoing();
  }
  // One step with what has come; whatever is to go out stays.
  bool Step() { return Fill() && SSL_do_handshake(ssl_) == 1; }

  bool Send(std::string_view bytes) {
    Encrypt(bytes);
    return Flush();
  }
  // Into memory: goes out with the next Send.
  void Encrypt(std::string_view bytes) {
    size_t written = 0;
    if (!bytes.empty()) {
      EXPECT_EQ(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written), 1) << ReasonOf();
      EXPECT_EQ(written, bytes.size());
    }
  }
  bool Flush() { return SendWire(Outgoing()); }
  std::string Outgoing() {
    std::string wire(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
    if (!wire.empty()) BIO_read(SSL_get_wbio(ssl_), wire.data(), static_cast<int>(wire.size()));
    return wire;
  }
  bool SendWire(std::string_view wire) {
    const size_t piece = piece_ == 0 ? wire.size() : piece_;
    for (size_t at = 0; at < wire.size(); at += piece) {
      if (!raw_.Send(wire.substr(at, piece))) return false;
    }
    return true;
  }
  // As much of `bytes`, encrypted, as the socket takes; returns how much of the wire that was. The
  // rest goes out with the next Send.
  size_t SendUntilFull(std::string_view bytes) {
    Encrypt(bytes);
    const std::string wire = Outgoing();
    size_t sent = 0;
    while (sent < wire.size()) {
      const ssize_t count =
          send(raw_.fd(), wire.data() + sent, wire.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) {
        sent += static_cast<size_t>(count);
        continue;
      }
      pollfd waits{raw_.fd(), POLLOUT, 0};
      if (poll(&waits, 1, 200) == 0) break;
    }
    BIO_write(SSL_get_wbio(ssl_), wire.data() + sent, static_cast<int>(wire.size() - sent));
    return sent;
  }

  // One more piece; false at the end, which end() tells.
  bool Receive() {
    char bytes[65536];
    for (;;) {
      ERR_clear_error();
      size_t count = 0;
      const int result = SSL_read_ex(ssl_, bytes, sizeof(bytes), &count);
      if (result == 1) {
        buffer_.append(bytes, count);
        return true;
      }
      const int error = SSL_get_error(ssl_, result);
      if (error == SSL_ERROR_ZERO_RETURN) end_ = End::kGoodbye;
      if (error != SSL_ERROR_WANT_READ) {
        error_ = ReasonOf();
        return false;
      }
      Flush();
      if (!Fill()) return false;
    }
  }
  std::string ReadExactly(size_t size) {
    while (buffer_.size() < size && Receive()) {
    }
    return Cut(size);
  }
  std::string ReadUntil(std::string_view end) {
    size_t at;
    while ((at = buffer_.find(end)) == std::string::npos && Receive()) {
    }
    return at == std::string::npos ? Cut(buffer_.size()) : Cut(at + end.size());
  }
  std::string ReadToEnd() {
    while (Receive()) {
    }
    return Cut(buffer_.size());
  }
  uint64_t Skip(uint64_t size) {
    uint64_t skipped = 0;
    for (;;) {
      const uint64_t now = std::min<uint64_t>(size - skipped, buffer_.size());
      buffer_.erase(0, now);
      skipped += now;
      if (skipped == size || !Receive()) return skipped;
    }
  }
  std::string ReadAnswer() {
    std::string answer = ReadUntil("\r\n\r\n");
    const size_t at = answer.find("Content-Length: ");
    if (at == std::string::npos) return answer;
    return answer + ReadExactly(std::stoul(answer.substr(at + 16)));
  }
  std::string Ask(std::string_view bytes) {
    Send(bytes);
    return ReadAnswer();
  }

  // The client's own goodbye, and nothing more.
  void SayGoodbye() {
    SSL_shutdown(ssl_);
    Flush();
  }
  RawClient& raw() { return raw_; }
  SSL* ssl() { return ssl_; }
  End end() const { return end_; }
  const std::string& error() const { return error_; }
  // Whether the certificate that was shown is good for `host`.
  bool Shows(const std::string& host) const {
    X509* shown = SSL_get0_peer_certificate(ssl_);
    return shown != nullptr && X509_check_host(shown, host.data(), host.size(), 0, nullptr) == 1;
  }

 private:
  static std::string ReasonOf() {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return reason == nullptr ? "" : reason;
  }
  void Trust(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    X509* authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    ASSERT_NE(authority, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    X509_free(authority);
    BIO_free(bio);
  }
  // Bytes from the wire; false at its end.
  bool Fill() {
    pollfd waits{raw_.fd(), POLLIN, 0};
    if (poll(&waits, 1, RawClient::kDeadlineMs) != 1) {
      ADD_FAILURE() << "nothing came in time; so far: " << buffer_.substr(0, 300);
      return false;
    }
    char bytes[65536];
    const ssize_t count = recv(raw_.fd(), bytes, sizeof(bytes), 0);
    if (count > 0) return BIO_write(SSL_get_rbio(ssl_), bytes, static_cast<int>(count)) == count;
    end_ = count == 0 ? End::kTorn : End::kReset;
    return false;
  }
  std::string Cut(size_t size) {
    std::string front = buffer_.substr(0, size);
    buffer_.erase(0, front.size());
    return front;
  }

  RawClient raw_;
  const size_t piece_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  std::string error_;
  End end_ = End::kOpen;
};

}  // namespace sluice::edge
