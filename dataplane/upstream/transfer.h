// One request to a provider and its answer, over one connection: writes the one, reads the other.
//
// Pooled by its Client, so that its buffers are used again. One thread. Its observer is told of the
// answer; after the last call, or after Release, the transfer belongs to the Client alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/event/loop.h"
#include "dataplane/upstream/connection.h"
#include "dataplane/upstream/observer.h"
#include "dataplane/upstream/request.h"
#include "dataplane/upstream/request_body.h"
#include "dataplane/upstream/response_reader.h"

namespace sluice::upstream {

class Client;

class Transfer final : private Connection::User {
 public:
  // A piece of the request body. kFull: Observer::OnRequestDrained will follow.
  http::Flow Push(std::string_view bytes);
  // The request body is complete; also called for a request without one.
  void PushEnd();
  // After OnResponseBody returned kFull.
  void ResumeResponse();
  // Microseconds until its new connection stood, TLS included. Nothing while there is none, and
  // where a connection was used again.
  std::optional<int64_t> ConnectTime() const { return connect_time_; }

  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

 private:
  friend class Client;
  class Busy;

  enum class State {
    kFree,     // in the Client's pool
    kWaiting,  // accepted; begins at the end of the turn, with what body has come by then
    kConnecting,
    kRunning,
    kEnded,  // the observer has not released it yet
  };

  explicit Transfer(Client& client);

  void Accept(Request request, Observer* observer);
  void Begin();
  void Connect();
  void SendFirst();
  // Forgets the request, keeps buffers.
  void Reset();
  // What ReadLater put off.
  void ReadOn();

  void OnConnected(Connection& connection) override;
  void OnNotConnected(Connection& connection, CURLcode why) override;
  void OnReady(Connection& connection, event::Ready ready) override;

  // Writes what can be written now.
  void Send();
  bool NextPiece();
  void AppendChunk();
  void Read();
  // False: there is nothing more to read now.
  bool ReadOnce();
  void Feed(std::string_view bytes);
  bool GoesOn();
  void SetRest(std::string_view rest);
  void OnHead();
  // The answer is complete; `more` follows it.
  void Finish(bool more);
  bool IsDrained();
  // The connection has ended.
  void Break(bool by_end);
  void Fail(const Failure& failure);
  // Leaves the connection, for good unless `keep`.
  void Leave(bool keep);

  void ArmTimer();
  void OnTimer();
  void SetInterest();
  bool released() const { return observer_ == nullptr; }

  Client& client_;
  size_t index_ = 0;  // in the Client's list of all transfers
  event::Timer timer_;
  Connection* connection_ = nullptr;
  Observer* observer_ = nullptr;  // null: released
  State state_ = State::kFree;
  bool busy_ = false;  // one of its calls to the observer has not returned

  Request request_;
  RequestBody body_;
  ResponseReader reader_;
  std::string out_;  // head, and framing of the body, that is to be written
  size_t out_at_ = 0;
  std::string rest_;  // of the answer: what was read before the observer said kFull
  std::optional<int64_t> connect_time_;

  bool reused_ = false;        // the connection had served another request
  bool sending_ = false;       // the request has begun on a connection
  bool sent_ = false;          // and was written to its end
  bool last_chunk_ = false;    // out_ has it
  bool send_failed_ = false;   // nothing more can be written; an answer may have come all the same
  bool blocked_ = false;       // a write waits for room
  bool head_done_ = false;     // the final head was given to the observer
  bool keep_alive_ = false;    // what the answer's head says
  bool receive_full_ = false;  // the observer said kFull
  bool reads_later_ = false;   // see Client::ReadLater
};

}  // namespace sluice::upstream
