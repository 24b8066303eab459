// Longer than 400 lines because it is one connection from accept to close, and its controls meet in
// every state.
#include "tests/support/emulator/connection.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr auto kSlowTick = std::chrono::milliseconds(10);
constexpr auto kGentleClose = std::chrono::seconds(2);
constexpr int kSlowReceiveBuffer = 64 << 10;

}  // namespace

Connection::Connection(boost::asio::io_context& context, tcp::socket socket, Provider& provider,
                       ReadBuffer& buffer)
    : socket_(std::move(socket)),
      timer_(context),
      slow_timer_(context),
      provider_(provider),
      buffer_(buffer),
      record_(provider.log().AddConnection()) {}

Connection::~Connection() {
  if (!closed_) provider_.log().CloseConnection(record_);
}

void Connection::Start() {
  error_code ignored;  // a socket that has gone already is found by the first read
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  WaitReadable();
}

void Connection::WaitReadable() {
  if (waiting_readable_ || closed_ || ReadsSlowly()) return;
  if (!closing_ && input_.size() >= kPipelineLimit) return;
  waiting_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code) {
    self->waiting_readable_ = false;
    if (!self->closed_) self->OnReadable();
  });
}

void Connection::OnReadable() {
  ReadOnce(buffer_.size());
  WaitReadable();
}

void Connection::ReadOnce(size_t limit) {
  const ssize_t count =
      recv(socket_.native_handle(), buffer_.data(), std::min(limit, buffer_.size()), 0);
  if (count > 0) {
    provider_.log().Update([&] { record_->bytes_in += count; });
    if (!closing_) Consume({buffer_.data(), static_cast<size_t>(count)});
  } else if (count == 0) {
    OnPeerClosed(false);
  } else if (errno != EAGAIN && errno != EINTR) {
    OnPeerClosed(true);
  }
}

void Connection::Consume(std::string_view bytes) {
  // Straight from the thread's buffer, so that an upload is not copied.
  if (request_ != nullptr && !body_done_ && input_.empty()) bytes.remove_prefix(TakeBody(bytes));
  if (closed_ || closing_) return;
  input_.append(bytes);
  ProcessInput();
}

// An answer that ends at once asks for the next request: the loop is here, so that many pipelined
// ones do not recurse.
void Connection::ProcessInput() {
  if (processing_) return;
  processing_ = true;
  while (!closed_ && !closing_ && !input_.empty()) {
    if (!(request_ == nullptr ? TakeHead() : TakeBufferedBody())) break;
  }
  processing_ = false;
}

bool Connection::TakeHead() {
  while (input_.starts_with("\r\n")) input_.erase(0, 2);
  if (input_.empty()) return false;
  const size_t size = HeadSize(input_);
  if (size == 0) {
    if (input_.size() > kHeadLimit) {
      RefuseMalformed(input_.substr(0, kHeadLimit));
    } else {
      SetState("head");
    }
    return false;
  }
  std::string raw = input_.substr(0, size);
  input_.erase(0, size);
  if (input_.empty()) input_ = std::string();
  if (auto head = ParseHead(raw)) {
    BeginRequest(*std::move(head));
  } else {
    RefuseMalformed(std::move(raw));
  }
  return true;
}

bool Connection::TakeBufferedBody() {
  if (body_done_) return false;
  std::string bytes;
  bytes.swap(input_);
  const size_t used = TakeBody(bytes);
  // An answer may have ended inside TakeBody, but what it left is still the beginning of the input.
  input_.insert(0, bytes, used);
  return !input_.empty();
}

size_t Connection::TakeBody(std::string_view bytes) {
  const size_t used =
      decoder_->Feed(bytes, [this](std::string_view payload) { TakePayload(payload); });
  raw_body_.append(bytes.substr(0, std::min(used, RequestRecord::kRawBodyKept - raw_body_.size())));
  if (decoder_->failed()) {
    RefuseMalformed("");
  } else if (decoder_->done()) {
    EndBody();
  } else {
    LogBody();
  }
  return used;
}

void Connection::TakePayload(std::string_view bytes) {
  hash_->Update(bytes);
  if (request_->consumer != nullptr) request_->consumer->Take(bytes);
  const bool kept = request_->body_kept() && request_->wants_body();
  request_->body_bytes += bytes.size();
  if (kept && request_->body_bytes <= Request::kBodyKept) {
    request_->body.append(bytes);
  } else {
    request_->body = std::string();
  }
}

void Connection::BeginRequest(RequestHead head) {
  request_ = std::make_unique<Request>();
  request_->connection = record_->id;
  request_->head = std::move(head);
  provider_.Prepare(*request_);
  decoder_.emplace(request_->head);
  LogRequest();
  if (decoder_->failed()) return RefuseMalformed("");
  if (decoder_->done()) {
    request_->body_sha256 = kSha256OfNothing;
    return EndBody();
  }
  hash_.emplace();
  SetState("body");
  const Controls& controls = request_->controls;
  if (controls.early) {
    StartAnswer();
  } else if (request_->head.HasToken("Expect", "100-continue") && !controls.no_continue) {
    output_ = "HTTP/1.1 100 Continue\r\n\r\n";
    Flush();
  }
  if (!closed_ && request_ != nullptr && ReadsSlowly()) {
    error_code ignored;
    socket_.set_option(boost::asio::socket_base::receive_buffer_size(kSlowReceiveBuffer), ignored);
    ReadSlowly();
  }
}

void Connection::LogRequest() {
  RequestRecord record;
  record.connection = record_->id;
  record.head = request_->head;
  record.flags = request_->head.flags;
  record.flags.insert(record.flags.end(), request_->auth.flags.begin(), request_->auth.flags.end());
  if (!request_->control_error.empty()) record.flags.push_back("bad_control");
  record.preset = request_->route.preset;
  record.shape = ShapeName(request_->route.shape);
  record.auth_ok = request_->auth.ok;
  record.auth_header = request_->auth.header;
  record.key_tail = request_->auth.KeyTail();
  record.framing = decoder_->framing();
  request_record_ = provider_.log().AddRequest(std::move(record));
  request_->id = request_record_->id;
  provider_.log().Update([&] { ++record_->requests; });
}

void Connection::LogBody() {
  provider_.log().Update([&] { request_record_->body_bytes = request_->body_bytes; });
}

void Connection::EndBody() {
  body_done_ = true;
  if (hash_) request_->body_sha256 = hash_->Hex();
  const double now = provider_.log().NowMs();
  provider_.log().Update([&] {
    request_record_->body_bytes = request_->body_bytes;
    request_record_->body_sha256 = request_->body_sha256;
    request_record_->chunk_sizes = decoder_->chunk_sizes();
    request_record_->trailers = decoder_->trailers();
    request_record_->raw_body = std::move(raw_body_);
    request_record_->complete = true;
    request_record_->body_ms = now;
  });
  raw_body_ = std::string();
  if (!answer_) {
    StartAnswer();
  } else if (answer_done_) {
    NextRequest();
  }
}

bool Connection::ReadsSlowly() const {
  return request_ != nullptr && !body_done_ && !closing_ &&
         request_->controls.slow_read.has_value();
}

void Connection::ReadSlowly() {
  slow_timer_.expires_after(kSlowTick);
  slow_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->closed_ || !self->ReadsSlowly()) return;
    if (self->PeerHungUp()) return self->OnPeerClosed(false);
    const double tick_seconds = std::chrono::duration<double>(kSlowTick).count();
    self->slow_credit_ += static_cast<double>(*self->request_->controls.slow_read) * tick_seconds;
    if (self->slow_credit_ >= 1) {
      const auto limit = static_cast<size_t>(self->slow_credit_);
      self->slow_credit_ -= static_cast<double>(limit);
      self->ReadOnce(limit);
    }
    if (self->closed_) return;
    if (self->ReadsSlowly()) {
      self->ReadSlowly();
    } else {
      self->WaitReadable();
    }
  });
}

// Asked without reading, because what a slow reader does not read stands before the end in the
// queue.
bool Connection::PeerHungUp() {
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return poll(&state, 1, 0) == 1 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::OnPeerClosed(bool reset) {
  if (closing_) return Close();
  const double now = provider_.log().NowMs();
  provider_.log().Update([&] {
    record_->client_closed_ms = now;
    record_->client_reset = reset;
    if (request_record_ != nullptr) request_record_->client_closed_ms = now;
  });
  LogAnswerEnd("client_gone");
  Close();
}

void Connection::RefuseMalformed(std::string raw) {
  if (request_record_ == nullptr) {
    RequestRecord record;
    record.connection = record_->id;
    record.head.raw = std::move(raw);
    request_record_ = provider_.log().AddRequest(std::move(record));
  }
  provider_.log().Update([&] { request_record_->flags.push_back("malformed"); });
  if (answer_) return Reset();
  output_ =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 27\r\nConnection: "
      "close\r\n\r\n"
      "This is not sound HTTP/1.1.";
  Flush();
  if (!closed_) CloseGently();
}

void Connection::SetState(std::string_view state) {
  provider_.log().Update([&] { record_->state = state; });
}

void Connection::CloseGently() {
  if (closed_) return;
  closing_ = true;
  SetState("closing");
  error_code ignored;
  timer_.cancel();
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  slow_timer_.expires_after(kGentleClose);
  slow_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Close();
  });
  WaitReadable();
}

void Connection::Reset() {
  error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  Close();
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  timer_.cancel();
  slow_timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  provider_.log().CloseConnection(record_);
}

}  // namespace sluice::emulator
