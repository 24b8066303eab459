// The provider emulator as a program beside a test, and what it reports. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "tests/support/process.h"

namespace sluice::test {

class EmulatorProcess {
 public:
  // Port and output files go to `folder`. `args` come after --listen and --port-file.
  static absl::StatusOr<std::unique_ptr<EmulatorProcess>> Start(
      const std::string& folder, const std::vector<std::string>& args = {});

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // E.g. As("groq", "openai/v1"): a base URL on which exactly that preset's auth is insisted on.
  std::string As(const std::string& preset, const std::string& base_path) const;
  Process& process() { return *process_; }

  // The JSON of an /emulator/... page; null if it does not answer.
  nlohmann::json Page(const std::string& path, const std::string& method = "GET") const;
  // Received requests whose target contains `path`, oldest first.
  std::vector<nlohmann::json> Requests(const std::string& path = "") const;
  // The newest of them, once one is there and `condition` holds for it; null if not in time.
  nlohmann::json WaitForRequest(
      const std::string& path, const std::function<bool(const nlohmann::json&)>& condition =
                                   [](const nlohmann::json&) { return true; }) const;
  // The exact head of a request, as Requests() gives it.
  static std::string RawHead(const nlohmann::json& request);
  // The values of a header in a request, in order.
  static std::vector<std::string> HeaderValues(const nlohmann::json& request,
                                               const std::string& name);
  void Forget() const { Page("/emulator/requests", "DELETE"); }
  void Release(const std::string& hold) const { Page("/emulator/release/" + hold); }

 private:
  EmulatorProcess(std::unique_ptr<Process> process, uint16_t port)
      : process_(std::move(process)), port_(port) {}

  std::unique_ptr<Process> process_;
  uint16_t port_;
};

}  // namespace sluice::test
