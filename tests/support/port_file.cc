#include "tests/support/port_file.h"

#include <optional>
#include <thread>

#include "nlohmann/json.hpp"

namespace sluice::test {
namespace {

std::optional<Ports> ReadPorts(const std::string& path) {
  const auto json = nlohmann::json::parse(FileText(path), nullptr, false);
  if (!json.is_object() || json.empty()) return std::nullopt;
  Ports ports;
  for (const auto& [name, port] : json.items()) {
    if (!port.is_number_unsigned()) return std::nullopt;
    ports[name] = port.get<uint16_t>();
  }
  return ports;
}

}  // namespace

absl::StatusOr<Ports> WaitForPorts(const std::string& path, Process* process,
                                   const Deadline& deadline) {
  while (true) {
    if (auto ports = ReadPorts(path)) return *std::move(ports);
    if (process != nullptr && !process->running()) {
      return absl::UnavailableError("it ended with code " +
                                    std::to_string(process->Wait().value_or(-1)) +
                                    " before it wrote " + path + ": " + process->Stderr());
    }
    if (deadline.passed()) return absl::DeadlineExceededError("no ports in " + path + " in time");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace sluice::test
