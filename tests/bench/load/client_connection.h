// One connection of a client that is kept: sends a request, with a body of any size, and reads its
// answer. One thread; a listener may send the next request from within OnAnswer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/bench/load/answer_reader.h"
#include "tests/bench/load/poller.h"

namespace sluice::bench {

class ClientConnection final : public Watcher {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // A piece of the body has come.
    virtual void OnBody(ClientConnection&, std::string_view) {}
    virtual void OnAnswer(ClientConnection& connection) = 0;
    // The connection is of no use any more.
    virtual void OnFailure(ClientConnection& connection, const absl::Status& status) = 0;
  };

  // `number`: for the listener to know it by. Poller and listener outlive this.
  ClientConnection(Poller& poller, Listener& listener, size_t number);
  ~ClientConnection() override;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // To 127.0.0.1. Waits for it: on loopback that is done at once.
  absl::Status Connect(uint16_t port);
  // `request` must live until it is sent; then come `zeros` bytes of body. One at a time.
  void Send(std::string_view request, int64_t zeros = 0);

  size_t number() const { return number_; }
  int64_t body_bytes() const { return reader_.body_bytes(); }

  void OnReady(uint32_t events) override;

 private:
  void Write();
  void Read();
  void Fail(const absl::Status& status);
  bool sending() const { return !text_.empty() || zeros_ > 0; }

  Poller& poller_;
  Listener& listener_;
  const size_t number_;
  AnswerReader reader_;
  int fd_ = -1;
  bool awaits_room_ = false;
  std::string_view text_;  // what is still to be sent
  int64_t zeros_ = 0;
};

}  // namespace sluice::bench
