#include "tests/support/stack/tls_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::test {
namespace {

constexpr size_t kPieceBytes = 64 << 10;
constexpr int kLookMs = 20;  // how often a thread that waits asks whether it is over

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

void Prepare(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void Reset(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

// One connection on its way through.
class Line {
 public:
  Line(int client, int server, SSL* ssl) : client_(client), server_(server), ssl_(ssl) {
    Prepare(client_);
    Prepare(server_);
    SSL_set_fd(ssl_, server_);
    SSL_set_connect_state(ssl_);
  }
  ~Line() {
    SSL_free(ssl_);
    close(server_);
    close(client_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void Run(const std::atomic<bool>& ending) {
    while (!ending && !over_ && !(up_ended_ && down_ended_)) {
      const bool up = PassUp();
      const bool down = PassDown();
      if (!up && !down && !over_) Wait();
    }
  }

 private:
  // What a call on TLS waits for; false if it has failed.
  bool Waits(int result) {
    const int error = SSL_get_error(ssl_, result);
    wants_room_ |= error == SSL_ERROR_WANT_WRITE;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }
  // The client leaves as the server did, or the reverse.
  bool Break() {
    Reset(client_);
    Reset(server_);
    over_ = true;
    return true;
  }

  // To the server. True if something moved.
  bool PassUp() {
    if (up_.empty() && !up_ended_) {
      up_.resize(kPieceBytes);
      const ssize_t count = recv(client_, up_.data(), up_.size(), 0);
      const bool waits = count < 0 && WouldBlock();
      up_.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
      if (waits) return Shake();
      if (count < 0) return Break();
      if (count == 0) return EndUp();
    }
    if (up_.empty()) return false;
    size_t taken = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, up_.data(), up_.size(), &taken);
    if (result != 1) return Waits(result) ? false : LoseServer();
    up_.clear();
    return true;
  }
  // Before the client says anything, so that a server sees the connection as early as without TLS.
  bool Shake() {
    if (SSL_is_init_finished(ssl_)) return false;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return true;
    return Waits(result) ? false : LoseServer();
  }
  bool EndUp() {
    up_ended_ = true;
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
    shutdown(server_, SHUT_WR);
    return true;
  }
  // It takes no more, but what it said before may still be there.
  bool LoseServer() {
    up_.clear();
    up_ended_ = true;
    if (!SSL_is_init_finished(ssl_)) return Break();
    return true;
  }

  // To the client. True if something moved.
  bool PassDown() {
    if (down_.empty() && !down_ended_ && SSL_is_init_finished(ssl_)) {
      down_.resize(kPieceBytes);
      size_t count = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_, down_.data(), down_.size(), &count);
      down_.resize(count);
      if (result != 1) {
        if (SSL_get_error(ssl_, result) == SSL_ERROR_ZERO_RETURN) {
          down_ended_ = true;
          shutdown(client_, SHUT_WR);
          return true;
        }
        return Waits(result) ? false : Break();
      }
    }
    if (down_.empty()) return false;
    const ssize_t count = send(client_, down_.data(), down_.size(), MSG_NOSIGNAL);
    if (count < 0) return WouldBlock() ? false : Break();
    down_.erase(0, static_cast<size_t>(count));
    return true;
  }

  void Wait() {
    pollfd waits[2] = {{client_, 0, 0}, {server_, 0, 0}};
    if (up_.empty() && !up_ended_) waits[0].events |= POLLIN;
    if (!down_.empty()) waits[0].events |= POLLOUT;
    if (down_.empty() && !down_ended_) waits[1].events |= POLLIN;
    if (std::exchange(wants_room_, false)) waits[1].events |= POLLOUT;
    poll(waits, 2, kLookMs);
    // A client that resets while nothing is read of it, or after its end.
    if ((waits[0].revents & POLLERR) != 0) Break();
    // Once the server is gone for good nobody reads what the client still sends.
    if (down_ended_ && (waits[1].revents & (POLLERR | POLLHUP)) != 0) over_ = true;
  }

  const int client_;
  const int server_;
  SSL* const ssl_;
  std::string up_;
  std::string down_;
  bool up_ended_ = false;
  bool down_ended_ = false;
  bool wants_room_ = false;
  bool over_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsRelay>> TlsRelay::Start(const std::string& authority,
                                                          std::string name) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without a word against it
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  const bool listens =
      listener >= 0 &&
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      listen(listener, SOMAXCONN) == 0 &&
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  BIO* bio = BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size()));
  X509* trusted = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const bool trusts =
      trusted != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted) == 1;
  X509_free(trusted);
  if (!listens || !trusts) {
    if (listener >= 0) close(listener);
    SSL_CTX_free(context);
    return absl::InternalError(listens ? "a TLS relay cannot use its authority"
                                       : "a TLS relay cannot listen");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return std::unique_ptr<TlsRelay>(
      new TlsRelay(listener, ntohs(address.sin_port), context, std::move(name)));
}

TlsRelay::TlsRelay(int listener, uint16_t port, ssl_ctx_st* context, std::string name)
    : listener_(listener),
      port_(port),
      context_(context),
      name_(std::move(name)),
      accepting_([this] { Accept(); }) {}

TlsRelay::~TlsRelay() {
  ending_ = true;
  accepting_.join();
  for (std::thread& line : lines_) line.join();
  close(listener_);
  SSL_CTX_free(context_);
}

void TlsRelay::Accept() {
  while (!ending_) {
    pollfd waits{listener_, POLLIN, 0};
    if (poll(&waits, 1, kLookMs) != 1) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) lines_.emplace_back([this, client] { Serve(client); });
  }
}

void TlsRelay::Serve(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(target_);
  if (server < 0 ||
      connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    Reset(client);
    if (server >= 0) close(server);
    close(client);
    return;
  }
  SSL* ssl = SSL_new(context_);
  SSL_set_tlsext_host_name(ssl, name_.c_str());
  SSL_set1_host(ssl, name_.c_str());
  Line(client, server, ssl).Run(ending_);
}

}  // namespace sluice::test
