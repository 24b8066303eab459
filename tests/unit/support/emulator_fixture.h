// An emulator of its own for each test, and short ways to talk to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/http_reader.h"
#include "tests/support/stack/emulator_process.h"
#include "tests/support/temp_folder.h"

namespace sluice::test {

class EmulatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto emulator = EmulatorProcess::Start(folder_.path());
    ASSERT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = *std::move(emulator);
  }

  // A request that must be answered.
  HttpAnswer Get(const std::string& target, const std::vector<std::string>& headers = {}) {
    return Send("GET", target, headers, "");
  }
  HttpAnswer Post(const std::string& target, const std::string& body,
                  const std::vector<std::string>& headers = {}) {
    return Send("POST", target, headers, body);
  }
  HttpAnswer Send(const std::string& method, const std::string& target,
                  const std::vector<std::string>& headers, const std::string& body) {
    auto answer = Fetch(emulator_->port(), method, target, headers, body);
    EXPECT_TRUE(answer.ok()) << method << " " << target << ": " << answer.status();
    return answer.ok() ? *std::move(answer) : HttpAnswer();
  }
  // A connection on which `text` was sent.
  RawSocket Open(const std::string& text) {
    auto socket = RawSocket::Connect(emulator_->port());
    EXPECT_TRUE(socket.ok()) << socket.status();
    if (!socket.ok()) return RawSocket(-1);
    EXPECT_TRUE(socket->SendAll(text).ok());
    return *std::move(socket);
  }
  static nlohmann::json Json(const HttpAnswer& answer) {
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
  // The data of each server-sent event.
  static std::vector<std::string> Events(const std::string& body) {
    std::vector<std::string> events;
    for (size_t at = 0; (at = body.find("data: ", at)) != std::string::npos;) {
      const size_t end = body.find_first_of("\r\n", at);
      events.push_back(body.substr(at + 6, end - at - 6));
      at = end;
    }
    return events;
  }

  const std::string bearer_ = "Authorization: Bearer sk-emulator-abcd";
  const std::string x_api_key_ = "x-api-key: sk-emulator-abcd";
  TempFolder folder_;
  std::unique_ptr<EmulatorProcess> emulator_;
};

}  // namespace sluice::test
