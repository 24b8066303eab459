#include "dataplane/edge/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace sluice::edge {
namespace {

// The most that one record carries.
constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// Records of a client that sends tiny ones; then others have their turn.
constexpr int kRecordsPerRead = 64;

// OpenSSL judges a call by what stands in the thread's list of errors, where libcurl's
// connections leave theirs too.
struct OwnErrors {
  OwnErrors() { ERR_clear_error(); }
  ~OwnErrors() {
    const int kept = errno;
    ERR_clear_error();
    errno = kept;
  }
};

std::string ReasonOfFailure() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return reason == nullptr ? "the connection broke" : reason;
}

// Goes through scattered bytes a record at a time.
class Records {
 public:
  Records(const iovec* parts, size_t count) : parts_(parts), left_(count) {}

  // The next bytes, in place or copied to `scratch`: a record full, or all that is left.
  std::string_view Next(char* scratch) const {
    if (left_ == 0) return {};
    const std::string_view first = Rest(*parts_, offset_);
    if (left_ == 1 || first.size() >= kRecordBytes) return first.substr(0, kRecordBytes);
    size_t filled = 0;
    for (size_t i = 0; i < left_ && filled < kRecordBytes; ++i) {
      const std::string_view rest = Rest(parts_[i], i == 0 ? offset_ : 0);
      const size_t count = std::min(rest.size(), kRecordBytes - filled);
      memcpy(scratch + filled, rest.data(), count);
      filled += count;
    }
    return {scratch, filled};
  }

  void Drop(size_t count) {
    offset_ += count;
    while (left_ > 0 && offset_ >= parts_->iov_len) {
      offset_ -= parts_->iov_len;
      ++parts_;
      --left_;
    }
  }

 private:
  static std::string_view Rest(const iovec& part, size_t offset) {
    return {static_cast<const char*>(part.iov_base) + offset, part.iov_len - offset};
  }

  const iovec* parts_;
  size_t left_;
  size_t offset_ = 0;  // into the first part
};

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), ssl_(context_->NewSession()) {
  wire_.fd = fd;
  BIO* bio = NewWireBio(context_->wire_method(), &wire_);
  SSL_set_bio(ssl_, bio, bio);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

void TlsSession::OnEvent(bool readable, bool shut) {
  if (readable || shut) wire_.drained = false;
  wire_.shut |= shut;
}

TlsSession::Handshake TlsSession::Shake() {
  const OwnErrors errors;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Handshake::kDone;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Handshake::kWaitsForInput;
    case SSL_ERROR_WANT_WRITE:
      return Handshake::kWaitsForRoom;
    default:
      break;
  }
  broken_ = true;
  if (wire_.plaintext) return Handshake::kPlaintext;
  if (wire_.ended || wire_.broken) return Handshake::kLeft;
  failure_ = ReasonOfFailure();
  return Handshake::kFailed;
}

bool TlsSession::resumed() const { return SSL_session_reused(ssl_) == 1; }

// Of a call that read nothing.
Input::Kind TlsSession::FailedRead(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Input::Kind::kWait;
    case SSL_ERROR_WANT_WRITE:
      read_waits_for_room_ = true;
      return Input::Kind::kWait;
    case SSL_ERROR_ZERO_RETURN:
      return Input::Kind::kEnd;
    default:
      break;
  }
  // Many clients close without a goodbye. What was cut off shows in the framing of the request.
  if (wire_.ended) return Input::Kind::kEnd;
  failure_ = ReasonOfFailure();
  broken_ = true;
  return Input::Kind::kLost;
}

Input TlsSession::Read(char* buffer, size_t size) {
  if (ending_ != Input::Kind::kWait) return {ending_, 0, false};
  if (broken_) return {Input::Kind::kLost, 0, false};
  const OwnErrors errors;
  read_waits_for_room_ = false;
  size_t filled = 0;
  for (int i = 0; filled < size; ++i) {
    if (i == kRecordsPerRead) return {Input::Kind::kBytes, filled, true};
    size_t count = 0;
    const int result = SSL_read_ex(ssl_, buffer + filled, size - filled, &count);
    filled += count;
    if (result == 1) continue;
    const Input::Kind kind = FailedRead(result);
    if (kind != Input::Kind::kWait) ending_ = kind;
    if (filled == 0) return {kind, 0, false};
    return {Input::Kind::kBytes, filled, kind != Input::Kind::kWait};
  }
  return {Input::Kind::kBytes, filled, true};
}

Input TlsSession::Peek() {
  if (ending_ != Input::Kind::kWait) return {ending_, 0, false};
  if (broken_) return {Input::Kind::kLost, 0, false};
  const OwnErrors errors;
  read_waits_for_room_ = false;
  char byte;
  size_t count = 0;
  const int result = SSL_peek_ex(ssl_, &byte, 1, &count);
  if (result == 1) return {Input::Kind::kBytes, 0, true};
  const Input::Kind kind = FailedRead(result);
  if (kind != Input::Kind::kWait) ending_ = kind;
  return {kind, 0, false};
}

ssize_t TlsSession::Write(const iovec* parts, size_t count) {
  if (broken_ || said_goodbye_) return errno = EPIPE, -1;
  const OwnErrors errors;
  write_waits_for_input_ = false;
  char scratch[kRecordBytes];
  Records records(parts, count);
  ssize_t total = 0;
  for (;;) {
    const std::string_view next = records.Next(scratch);
    if (next.empty()) return total;
    size_t taken = 0;
    const int result = SSL_write_ex(ssl_, next.data(), next.size(), &taken);
    if (result == 1) {
      total += static_cast<ssize_t>(taken);
      records.Drop(taken);
      continue;
    }
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      write_waits_for_input_ = error == SSL_ERROR_WANT_READ;
      if (total > 0) return total;
      return errno = EAGAIN, -1;
    }
    failure_ = ReasonOfFailure();
    broken_ = true;
    return errno = EPIPE, -1;
  }
}

bool TlsSession::Goodbye() {
  if (said_goodbye_ || broken_) return true;
  const OwnErrors errors;
  // 0: sent, and the client's own has not come. It is not waited for.
  const int result = SSL_shutdown(ssl_);
  const bool no_room = result < 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE;
  said_goodbye_ = !no_room;
  return !no_room;
}

}  // namespace sluice::edge
