// The fixture, and a test that it can tell a right token from a wrong one.
#include "tests/unit/controlplane/cli/command_fixture.h"

#include <unistd.h>

#include <optional>
#include <sstream>

#include "controlplane/cli/run.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controlplane/cli/fake_control_plane.h"

namespace sluice::cli {

CommandTest::CommandTest() : server_(std::make_unique<FakeControlPlane>(kToken)) {
  environment_ = {{"SLUICE_SERVER", address()}, {"SLUICE_TOKEN", kToken}};
}

CommandTest::~CommandTest() = default;

CommandTest::Result CommandTest::Run(const std::vector<std::string>& arguments,
                                     const std::string& input) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  EXPECT_EQ(write(ends[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
  close(ends[1]);
  const test::FakeClock clock(absl::FromUnixSeconds(1769860800));  // 2026-01-31T12:00:00Z
  std::ostringstream out, err;
  Terminal terminal;
  terminal.out = &out;
  terminal.err = &err;
  terminal.input_fd = ends[0];
  terminal.out_is_tty = out_is_tty_;
  terminal.err_is_tty = err_is_tty_;
  terminal.environment = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = environment_.find(name);
    if (found == environment_.end()) return std::nullopt;
    return found->second;
  };
  terminal.clock = &clock;
  terminal.pause = [this](absl::Duration) { return pauses_-- > 0; };
  Result result;
  result.exit_code = cli::Run(arguments, terminal);
  result.out = out.str();
  result.err = err.str();
  close(ends[0]);
  return result;
}

std::string CommandTest::address() const { return server_->address(); }

size_t CommandTest::requests() const { return server_->answers().requests(); }

std::string CommandTest::LastRequest(const std::string& type) const {
  const google::protobuf::Message* request = server_->answers().Last(type);
  if (request == nullptr) return "";
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(*request, &text);
  if (!text.empty()) text.pop_back();  // a space
  return text;
}

void CommandTest::Answer(const google::protobuf::Message& response) {
  server_->answers().Answer(response);
}

void CommandTest::Fail(FailureCode code, const std::string& message) {
  server_->answers().Fail({static_cast<grpc::StatusCode>(code), message});
}

void CommandTest::Report(const std::vector<std::string>& progress, bool hold) {
  std::vector<admin::v1::WaitProgress> messages;
  for (const std::string& text : progress) {
    messages.push_back(Proto<admin::v1::WaitProgress>(text));
  }
  server_->nodes().Report(std::move(messages), hold);
}

void CommandTest::Give(const std::vector<admin::v1::BackupChunk>& chunks) {
  server_->backups().Give(chunks);
}

void CommandTest::Stream(const std::vector<admin::v1::TailResponse>& responses,
                         std::function<void()> after, bool hold) {
  server_->usage().Stream(responses, std::move(after), hold);
}

namespace {

using CommandFixtureTest = CommandTest;

TEST_F(CommandFixtureTest, AcceptsTheRightTokenOnly) {
  EXPECT_EQ(Run({"status"}).exit_code, 0);
  environment_["SLUICE_TOKEN"] = "sla_wrong";
  EXPECT_EQ(Run({"status"}).exit_code, 1);
  EXPECT_EQ(requests(), 2u);
}

}  // namespace
}  // namespace sluice::cli
