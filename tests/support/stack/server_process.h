// sluice-controlplane and sluice-dataplane as programs beside a test, that can be ended, killed and
// started again with the same state. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/port_file.h"
#include "tests/support/process.h"

namespace sluice::test {

class ServerProcess {
 public:
  // `name` names the port file and the output files in `folder`; `args` are all but --port-file.
  // Nothing runs yet.
  ServerProcess(std::string name, std::string program, std::string folder,
                std::vector<std::string> args, std::vector<std::string> env);

  // Starts it and waits for its ports. It must not run.
  absl::Status Start();
  bool running() { return process_ != nullptr && process_->running(); }
  // Ends it with SIGTERM and gives its exit code, or 128 + signal if it had to be killed.
  int Stop();
  void Kill();  // kill -9
  absl::Status Restart();

  // 0 before the first start.
  uint16_t port(const std::string& name) const;
  // Replaces the arguments of the next start.
  void SetArgs(std::vector<std::string> args) { args_ = std::move(args); }
  const std::vector<std::string>& args() const { return args_; }
  // Must have been started.
  Process& process() { return *process_; }
  // Everything it wrote since the stack began, over all starts.
  std::string log() const;

 private:
  std::string name_;
  std::string program_;
  std::string folder_;
  std::vector<std::string> args_;
  std::vector<std::string> env_;
  std::unique_ptr<Process> process_;
  Ports ports_;
};

}  // namespace sluice::test
