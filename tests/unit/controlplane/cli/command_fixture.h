// Runs commands of sluicectl inside the test, over a real gRPC connection to a control plane that
// keeps what it is asked and answers what the test told it to. One thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

class FakeControlPlane;

template <class Message>
Message Proto(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// The status codes of gRPC that tests answer with, without its headers.
enum class FailureCode {
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kUnimplemented = 12,
  kInternal = 13,
};

class CommandTest : public ::testing::Test {
 protected:
  static constexpr char kToken[] = "sla_right";

  struct Result {
    int exit_code = -1;
    std::string out;
    std::string err;
  };

  CommandTest();
  ~CommandTest() override;

  Result Run(const std::vector<std::string>& arguments, const std::string& input = "");

  std::string address() const;
  // How many requests came, of whatever kind.
  size_t requests() const;
  // What the control plane was last asked with a request of this type, as text on one line; "" if
  // never.
  template <class Request>
  std::string Asked() const {
    return LastRequest(Request::descriptor()->full_name());
  }
  // The answer to every call that answers with this type.
  template <class Response>
  void Answer(const std::string& text) {
    Answer(Proto<Response>(text));
  }
  void Answer(const google::protobuf::Message& response);
  // Every call fails.
  void Fail(FailureCode code, const std::string& message);
  // What --wait is told, in order. `hold`: then nothing more, until the caller gives up.
  void Report(const std::vector<std::string>& progress, bool hold = false);
  // What a backup is made of.
  void Give(const std::vector<admin::v1::BackupChunk>& chunks);
  // What a tail is sent; then `after` is called. `hold`: then nothing more, until the caller gives
  // up.
  void Stream(const std::vector<admin::v1::TailResponse>& responses,
              std::function<void()> after = {}, bool hold = false);

  std::map<std::string, std::string> environment_;  // server and token are right at first
  bool out_is_tty_ = false;
  bool err_is_tty_ = false;
  int pauses_ = 0;  // how often something that is watched is looked at again

 private:
  std::string LastRequest(const std::string& type) const;

  std::unique_ptr<FakeControlPlane> server_;
};

}  // namespace sluice::cli
