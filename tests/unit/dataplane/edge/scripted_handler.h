// A request handler that does what the target of the request says, and a record of what it was
// told.
//
//   /hello        answers "hello"                       /echo       answers with the body once it
//   is complete /hold         never answers                         /head       sends a chunked
//   head and one piece, then holds /later        answers after a few milliseconds      /sized
//   promises 100 bytes, sends 5, then holds /big?N        streams N bytes, minding "full" /chunks
//   three chunks and an end /full         takes one piece of the body and says full, until told to
//   go on /continue     asks for the body, then as /echo      /refuse     answers "refused", status
//   413, at once /204          no content                            /unsafe     a header with CR
//   LF /throw        throws                                /overrun    sends more than it promised
//   /until-close  a head without framing and one piece  /drop       counts the body, then answers
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/handler.h"

namespace sluice::edge {

// Thread-safe. Lines like "request GET /hello", "body 5", "end", "drained", "failed
// request_timeout", "gone left", "ended" (the exchange was destroyed), "rejected
// malformed_request".
class Record {
 public:
  void Add(std::string line) {
    absl::MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
  }
  size_t Count(const std::string& line) const {
    absl::MutexLock lock(&mutex_);
    return CountLocked(line);
  }
  // False if there are not `times` of it within the deadline.
  bool Wait(const std::string& line, size_t times = 1) const {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] {
      mutex_.AssertReaderHeld();
      return CountLocked(line) >= times;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20));
  }
  std::string Text() const {
    absl::MutexLock lock(&mutex_);
    std::string text;
    for (const std::string& line : lines_) text.append(line).append("; ");
    return text;
  }

 private:
  size_t CountLocked(const std::string& line) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    size_t count = 0;
    for (const std::string& one : lines_) count += one == line;
    return count;
  }
  mutable absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

class ScriptedExchange final : public http::Exchange {
 public:
  ScriptedExchange(const http::RequestHead& head, http::ResponseSink& sink, event::Loop& loop,
                   Record& record)
      : target_(head.target),
        sink_(sink),
        record_(record),
        loop_(loop),
        later_(loop.timers(), [this] { Answer("later " + target_); }) {}
  ~ScriptedExchange() override { record_.Add("ended"); }

  void Begin() {
    if (target_ == "/hello") return Answer("hello");
    if (target_ == "/204") return AnswerStatus(204, "", http::Framing::None());
    if (target_ == "/refuse") return AnswerStatus(413, "refused", http::Framing::Length(7));
    if (target_.rfind("/later", 0) == 0) return later_.Set(loop_.now() + event::Millis(5));
    if (target_ == "/continue") return sink_.SendContinue();
    if (target_ == "/throw") throw std::runtime_error("as the script says");
    if (target_ == "/head") return Start(http::Framing::Chunked(), "piece");
    if (target_ == "/sized") return Start(http::Framing::Length(100), "12345");
    if (target_ == "/until-close") return Start(http::Framing::UntilClose(), "piece");
    if (target_ == "/overrun") return Start(http::Framing::Length(4), "12345");
    if (target_ == "/unsafe") return Unsafe();
    if (target_ == "/chunks") {
      Start(http::Framing::Chunked(), "a");
      sink_.SendBody("bc");
      sink_.SendBody(std::string(16, 'd'));
      return sink_.Finish();
    }
    if (target_.rfind("/big?", 0) == 0) {
      left_ = std::stoull(target_.substr(5));
      Start(http::Framing::Length(left_), "");
      Pour();
    }
  }

  http::Flow OnBody(std::string_view bytes) override {
    record_.Add("body " + std::to_string(bytes.size()));
    if (target_ != "/drop") body_.append(bytes);
    return target_ == "/full" && !resumed_ ? http::Flow::kFull : http::Flow::kMore;
  }
  void OnBodyEnd() override {
    record_.Add("end");
    if (target_ == "/echo" || target_ == "/continue" || target_ == "/full") Answer(body_);
    if (target_ == "/drop") Answer("dropped");
  }
  void OnDrained() override {
    record_.Add("drained");
    Pour();
  }
  void OnRequestFailed(const http::GatewayError& error) override {
    record_.Add("failed " + std::string(error.code));
    if (head_sent_) return sink_.Abort();
    const std::string body = http::ErrorBody(error);
    sink_.SendHead(http::ErrorHead(error, body.size(), "id"));
    sink_.SendBody(body);
    sink_.Finish();
  }
  void OnDisconnect(http::Disconnect why) override {
    record_.Add(why == http::Disconnect::kClientLeft     ? "gone left"
                : why == http::Disconnect::kWriteStalled ? "gone stalled"
                                                         : "gone shutdown");
  }

  void Resume() {
    resumed_ = true;
    sink_.ResumeRequest();
  }
  void Abort() { sink_.Abort(); }
  http::ResponseSink& sink() { return sink_; }
  void Answer(const std::string& body) {
    AnswerStatus(200, body, http::Framing::Length(body.size()));
  }

 private:
  void AnswerStatus(int status, const std::string& body, http::Framing framing) {
    http::ResponseHead head;
    head.status = status;
    head.reason = http::ReasonPhrase(status);
    head.framing = framing;
    head_sent_ = true;
    sink_.SendHead(head);
    sink_.SendBody(body);
    sink_.Finish();
  }
  void Start(http::Framing framing, std::string_view piece) {
    http::ResponseHead head;
    head.status = 200;
    head.framing = framing;
    head_sent_ = true;
    sink_.SendHead(head);
    sink_.SendBody(piece);
  }
  void Unsafe() {
    http::ResponseHead head;
    head.status = 200;
    head.headers.Add("X", "a\r\nSet-Cookie: b");
    sink_.SendHead(head);
    sink_.SendBody("never seen");
  }
  void Pour() {
    static const std::string piece(48 * 1024, 'x');
    while (left_ > 0) {
      const std::string_view next = std::string_view(piece).substr(0, left_);
      left_ -= next.size();
      if (sink_.SendBody(next) == http::Flow::kFull) return record_.Add("full");
    }
    sink_.Finish();
  }

  const std::string target_;
  http::ResponseSink& sink_;
  Record& record_;
  event::Loop& loop_;
  event::Timer later_;
  std::string body_;
  uint64_t left_ = 0;
  bool resumed_ = false;
  bool head_sent_ = false;
};

class ScriptedHandler final : public http::RequestHandler {
 public:
  ScriptedHandler(event::Loop& loop, Record& record, http::Limits limits)
      : loop_(loop), record_(record), limits_(limits), thread_(std::this_thread::get_id()) {
    record_.Add("handler made");
  }
  ~ScriptedHandler() override {
    record_.Add(thread_ == std::this_thread::get_id() ? "handler ended"
                                                      : "handler ended elsewhere");
  }

  std::unique_ptr<http::Exchange> OnRequest(const http::RequestHead& head,
                                            http::ResponseSink& sink) override {
    record_.Add("request " + head.method + " " + head.target);
    auto exchange = std::make_unique<ScriptedExchange>(head, sink, loop_, record_);
    last_ = exchange.get();
    requests_.fetch_add(1);
    exchange->Begin();
    return exchange;
  }
  http::Limits limits() const override { return limits_; }
  void OnRejected(const http::GatewayError& error) override {
    record_.Add("rejected " + std::string(error.code));
  }
  std::string NewRequestId() override { return "generated"; }

  event::Loop& loop() { return loop_; }
  size_t requests() const { return requests_.load(); }
  // The exchange begun last; the test knows whether it still runs.
  ScriptedExchange& last() { return *last_; }

 private:
  event::Loop& loop_;
  Record& record_;
  const http::Limits limits_;
  const std::thread::id thread_;
  ScriptedExchange* last_ = nullptr;
  std::atomic<size_t> requests_{0};
};

}  // namespace sluice::edge
