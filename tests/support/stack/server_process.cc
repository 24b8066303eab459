#include "tests/support/stack/server_process.h"

#include <unistd.h>

#include <utility>

namespace sluice::test {

ServerProcess::ServerProcess(std::string name, std::string program, std::string folder,
                             std::vector<std::string> args, std::vector<std::string> env)
    : name_(std::move(name)),
      program_(std::move(program)),
      folder_(std::move(folder)),
      args_(std::move(args)),
      env_(std::move(env)) {}

absl::Status ServerProcess::Start() {
  const std::string port_file = folder_ + "/" + name_ + ".port";
  unlink(port_file.c_str());
  ProcessOptions options;
  options.program = program_;
  options.args = args_;
  options.args.insert(options.args.end(), {"--port-file", port_file});
  options.env = env_;
  options.stdout_path = folder_ + "/" + name_ + ".out";
  options.stderr_path = folder_ + "/" + name_ + ".err";
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  auto ports = WaitForPorts(port_file, process_.get());
  if (!ports.ok())
    return absl::Status(ports.status().code(),
                        name_ + ": " + std::string(ports.status().message()));
  ports_ = *std::move(ports);
  return absl::OkStatus();
}

int ServerProcess::Stop() {
  if (process_ == nullptr) return 0;
  const auto exit_code = process_->Terminate();
  if (exit_code) return *exit_code;
  process_->Kill();
  return process_->Wait().value_or(-1);
}

void ServerProcess::Kill() {
  if (process_ != nullptr) process_->Kill();
}

absl::Status ServerProcess::Restart() {
  Stop();
  return Start();
}

uint16_t ServerProcess::port(const std::string& name) const {
  const auto port = ports_.find(name);
  return port == ports_.end() ? 0 : port->second;
}

std::string ServerProcess::log() const {
  return FileText(folder_ + "/" + name_ + ".out") + FileText(folder_ + "/" + name_ + ".err");
}

}  // namespace sluice::test
