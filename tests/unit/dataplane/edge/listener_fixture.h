// A listener on a free port whose workers answer by script.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "dataplane/edge/listener.h"
#include "tests/unit/dataplane/edge/raw_client.h"
#include "tests/unit/dataplane/edge/scripted_handler.h"

namespace sluice::edge {

class ListenerTest : public testing::Test {
 protected:
  ~ListenerTest() override { listener_.reset(); }

  void Serve() {
    options_.address = {"127.0.0.1", 0};
    options_.make_handler = [this](event::Loop& loop) {
      auto handler = std::make_unique<ScriptedHandler>(loop, record_, limits_);
      absl::MutexLock lock(&mutex_);
      handlers_.push_back(handler.get());
      return handler;
    };
    auto listener = Listener::Start(options_);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = std::move(*listener);
    ASSERT_NE(listener_->port(), 0);
  }
  uint16_t port() const { return listener_->port(); }
  // On the first worker's thread; returns when it has run.
  void OnWorker(std::function<void(ScriptedHandler&)> task) {
    ScriptedHandler* handler;
    {
      absl::MutexLock lock(&mutex_);
      handler = handlers_.at(0);
    }
    absl::Notification done;
    handler->loop().Post([&] {
      task(*handler);
      done.Notify();
    });
    done.WaitForNotification();
  }
  // Until the listener has let go of every connection.
  bool WaitForNoConnections() {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (listener_->connections() > 0) {
      if (absl::Now() > deadline) return false;
      OnWorker([](ScriptedHandler&) {});
    }
    return true;
  }

  Record record_;
  http::Limits limits_;
  ListenerOptions options_;
  std::unique_ptr<Listener> listener_;
  absl::Mutex mutex_;
  std::vector<ScriptedHandler*> handlers_;
};

inline std::string Get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
inline std::string Post(const std::string& target, const std::string& body,
                        const std::string& fields = "") {
  return "POST " + target +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}
inline std::string Ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + body;
}

}  // namespace sluice::edge
