// One request to a provider and its answer: a libcurl easy handle and what it needs while it runs.
//
// Pooled by its Client, so that its buffers are used again. One thread. Its observer is told of the
// answer; after the last call, or after Release, the transfer belongs to the Client alone.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/event/loop.h"
#include "dataplane/upstream/multi_shard.h"
#include "dataplane/upstream/observer.h"
#include "dataplane/upstream/request.h"
#include "dataplane/upstream/request_body.h"
#include "dataplane/upstream/response_parser.h"

namespace sluice::upstream {

class Client;

class Transfer {
 public:
  // A piece of the request body. kFull: Observer::OnRequestDrained will follow.
  http::Flow Push(std::string_view bytes);
  // The request body is complete; also called for a request without one.
  void PushEnd();
  // After OnResponseBody returned kFull.
  void ResumeResponse();
  // Microseconds until its new connection stood, TLS included. Nothing while there is none, and
  // where a connection was used again.
  std::optional<int64_t> ConnectTime() const;

  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

 private:
  friend class Client;

  enum class State {
    kFree,     // in the Client's pool
    kWaiting,  // accepted; is handed to libcurl at the end of the turn, with what body has come by
               // then
    kRunning,  // in a shard
    kEnded,    // taken out of its shard; the observer has not released it yet
  };

  explicit Transfer(Client& client);

  void Accept(Request request, Observer* observer);
  // Makes the easy handle, with what is the same for all requests.
  bool OpenHandle();
  // Sets up the easy handle. False if libcurl refuses.
  bool Prepare();
  void PrepareBody();
  void BuildHeaders();
  // Tells the observer how it ended. The shard has already let go.
  void Complete(CURLcode code);
  void Fail(const Failure& failure);
  // Forgets the request, keeps buffers.
  void Reset();

  void ArmTimer();
  void OnTimer();
  void UnpauseSend();
  bool HasWholeSmallBody() const;
  // Nothing of the request waits here any more.
  bool RequestTaken() const { return body_.ended() && (body_whole_ || body_.empty()); }

  static size_t OnHeader(char* bytes, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static size_t OnRead(char* to, size_t size, size_t count, void* self);
  static int OnPrereq(void* self, char*, char*, int, int);

  Client& client_;
  size_t index_ = 0;      // in the Client's list of all transfers
  CURL* easy_ = nullptr;  // from Prepare to Reset
  event::Timer timer_;
  MultiShard* shard_ = nullptr;
  Observer* observer_ = nullptr;  // null: released
  State state_ = State::kFree;

  Request request_;
  RequestBody body_;
  ResponseParser parser_;
  std::string header_bytes_;         // "Name: value\0" one after the other
  std::vector<curl_slist> headers_;  // over header_bytes_

  Failure failure_;         // why a callback stopped the transfer
  bool failed_ = false;     // failure_ is set
  bool head_done_ = false;  // the final head was given to the observer
  bool end_with_head_ =
      false;  // a HEAD with a body of its own: libcurl would wait for an answer's body
  bool body_whole_ = false;  // libcurl has the whole body with the head
  bool sending_ = false;     // the request has begun on a connection
  bool send_paused_ = false;
  bool receive_full_ = false;    // the observer said kFull
  bool receive_paused_ = false;  // and libcurl was told so
};

}  // namespace sluice::upstream
