#include "dataplane/upstream/connection.h"

#include <utility>

#include "common/crypto/tls_context.h"

namespace sluice::upstream {
namespace {

// While it connects nothing is read by libcurl itself; it allocates that much all the same.
constexpr long kConnectBufferBytes = 1024;

}  // namespace

Connection::Connection(std::string origin, SocketTable& sockets, CURLSH* share,
                       const crypto::TrustStore* authorities)
    : origin_(std::move(origin)),
      tls_(origin_.starts_with("https:")),
      sockets_(sockets),
      share_(share),
      authorities_(authorities) {}

Connection::~Connection() {
  // Closes its socket.
  if (shard_ != nullptr) shard_->Remove(easy_);
  curl_easy_cleanup(easy_);
}

bool Connection::OpenHandle(std::chrono::milliseconds timeout) {
  easy_ = curl_easy_init();
  if (easy_ == nullptr) return false;
  // libcurl's setters are variadic: a mistyped value is a bug, and the tests of the door would show
  // it.
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kConnectBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_SHARE, share_);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &SocketTable::OpenSocket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, &sockets_);
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETFUNCTION, &SocketTable::CloseSocket);
  curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETDATA, &sockets_);
  if (tls_) PrepareTls();
  return curl_easy_setopt(easy_, CURLOPT_URL, origin_.c_str()) == CURLE_OK;
}

void Connection::PrepareTls() {
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &Connection::OnTlsContext);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, authorities_);
  if (authorities_ == nullptr) return;
  // Instead of files that libcurl would read anew: it cannot keep what it has read where, as Debian
  // has it, a folder of authorities is set beside the file.
  curl_easy_setopt(easy_, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
}

CURLcode Connection::OnTlsContext(CURL*, void* ssl_ctx, void* authorities) {
  crypto::AllowMovedWrites(ssl_ctx);
  if (authorities != nullptr) {
    static_cast<const crypto::TrustStore*>(authorities)->LendTo(ssl_ctx);
  }
  return CURLE_OK;
}

bool Connection::Begin(MultiShard& shard, std::chrono::milliseconds timeout, User* user) {
  user_ = user;
  if (!OpenHandle(timeout) || !shard.Add(easy_)) return false;
  shard_ = &shard;
  return true;
}

void Connection::OnDone(CURLcode code) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (code == CURLE_OK) curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &fd);
  if (code == CURLE_OK && fd == CURL_SOCKET_BAD) code = CURLE_COULDNT_CONNECT;
  if (code != CURLE_OK) return user_->OnNotConnected(*this, code);
  fd_ = fd;
  sockets_.Adopt(fd_, this);
  // From now on the largest piece that a read brings, without memory of its own.
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, static_cast<long>(kReadBytes));
  curl_off_t took = 0;
  curl_easy_getinfo(easy_, tls_ ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T, &took);
  if (took > 0) connect_time_ = took;
  user_->OnConnected(*this);
}

Connection::Moved Connection::Read(char* to, size_t size) {
  size_t bytes = 0;
  switch (curl_easy_recv(easy_, to, size, &bytes)) {
    case CURLE_OK:
      return bytes == 0 ? Moved{Outcome::kEnd} : Moved{Outcome::kDone, bytes};
    case CURLE_AGAIN:
      return {Outcome::kAgain};
    default:
      return {Outcome::kFailed};
  }
}

Connection::Moved Connection::Write(std::string_view bytes) {
  size_t taken = 0;
  switch (curl_easy_send(easy_, bytes.data(), bytes.size(), &taken)) {
    case CURLE_OK:
      return {Outcome::kDone, taken};
    case CURLE_AGAIN:
      return {Outcome::kAgain};
    default:
      return {Outcome::kFailed};
  }
}

void Connection::OnReady(event::Ready ready) { user_->OnReady(*this, ready); }

}  // namespace sluice::upstream
