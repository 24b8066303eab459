// The half of a connection that writes answers; connection.cc reads requests.
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "tests/support/emulator/connection.h"

namespace sluice::emulator {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// A long download must not keep the thread's other connections waiting.
constexpr size_t kBytesPerTurn = 1 << 20;

}  // namespace

void Connection::StartAnswer() {
  const RequestHead& head = request_->head;
  const bool http10 = head.version == "HTTP/1.0";
  AnswerStream::Terms terms;
  terms.head_request = head.method == "HEAD";
  terms.http10_client = http10;
  terms.keep_alive =
      http10 ? head.HasToken("Connection", "keep-alive") : !head.HasToken("Connection", "close");
  answer_.emplace(provider_.AnswerTo(*request_), request_->controls, terms);
  request_->body = std::string();
  provider_.log().Update([&] {
    request_record_->answer_status = answer_->status();
    record_->state = "answering";
  });
  Pump();
}

void Connection::Pump() {
  size_t sent = 0;
  while (!closed_ && answer_) {
    sent += output_.size() - output_sent_;
    if (!Flush()) return;
    if (next_ && next_->kind != Step::kMore) {
      const Step step = *std::exchange(next_, std::nullopt);
      return Perform(step);
    }
    if (sent > kBytesPerTurn) {
      boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Pump(); });
      return;
    }
    next_ = answer_->Next(output_);
    if (output_.empty() || request_record_->answer_ms >= 0) continue;
    const double now = provider_.log().NowMs();
    provider_.log().Update([&] { request_record_->answer_ms = now; });
  }
}

bool Connection::Flush() {
  size_t sent = 0;
  int error = 0;
  while (output_sent_ < output_.size()) {
    const ssize_t count = send(socket_.native_handle(), output_.data() + output_sent_,
                               output_.size() - output_sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error = errno;
      break;
    }
    output_sent_ += count;
    sent += count;
  }
  if (sent > 0) {
    provider_.log().Update([&] {
      record_->bytes_out += sent;
      if (answer_) request_record_->answer_bytes = answer_->body_bytes();
    });
  }
  if (error == EAGAIN) {
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code) {
      if (!self->closed_) self->OnWritable();
    });
    return false;
  }
  if (error != 0) {
    OnPeerClosed(error == ECONNRESET);
    return false;
  }
  output_.clear();
  output_sent_ = 0;
  return true;
}

void Connection::OnWritable() {
  // What had to wait went out with something later, which has its own next step.
  if (output_sent_ == output_.size()) return;
  if (answer_) {
    Pump();
  } else {
    Flush();
  }
}

void Connection::Perform(Step step) {
  if (output_.capacity() > 4096) output_ = std::string();
  switch (step.kind) {
    case Step::kMore:
      return Pump();
    case Step::kWait:
      return WaitFor(step.wait_ms);
    case Step::kHold:
      return Hold();
    case Step::kStall:
      LogAnswerEnd("stalled");
      return SetState("stalled");
    case Step::kCut:
      LogAnswerEnd("cut");
      return CloseGently();
    case Step::kReset:
      LogAnswerEnd("reset");
      return Reset();
    case Step::kEnd:
      return EndAnswer();
  }
}

void Connection::WaitFor(uint64_t ms) {
  timer_.expires_after(std::chrono::milliseconds(ms));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->closed_) self->Pump();
  });
}

void Connection::Hold() {
  SetState("holding");
  const std::weak_ptr<Connection> weak = weak_from_this();
  const auto executor = socket_.get_executor();
  const auto go = [weak, executor] {
    boost::asio::post(executor, [weak] {
      if (auto self = weak.lock()) self->Pump();
    });
  };
  if (!provider_.holds().Wait(request_->controls.hold, go)) go();
}

void Connection::EndAnswer() {
  LogAnswerEnd("whole");
  answer_done_ = true;
  if (!answer_->keep_alive()) {
    CloseGently();
  } else if (body_done_) {
    NextRequest();
  }
}

void Connection::NextRequest() {
  answer_.reset();
  next_.reset();
  request_.reset();
  request_record_.reset();
  decoder_.reset();
  hash_.reset();
  slow_credit_ = 0;
  body_done_ = answer_done_ = false;
  SetState("idle");
  ProcessInput();
  WaitReadable();
}

void Connection::LogAnswerEnd(std::string_view how) {
  if (request_record_ == nullptr || answer_done_) return;
  const double now = provider_.log().NowMs();
  provider_.log().Update([&] {
    // A stalled or cut answer stays one, whoever closes afterwards.
    if (request_record_->answer_end != "open") return;
    request_record_->answer_end = how;
    request_record_->answer_end_ms = now;
    if (answer_) request_record_->answer_bytes = answer_->body_bytes();
  });
}

}  // namespace sluice::emulator
