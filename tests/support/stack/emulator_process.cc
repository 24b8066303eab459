#include "tests/support/stack/emulator_process.h"

#include <strings.h>

#include "absl/strings/escaping.h"
#include "tests/support/http_reader.h"
#include "tests/support/port_file.h"

namespace sluice::test {

absl::StatusOr<std::unique_ptr<EmulatorProcess>> EmulatorProcess::Start(
    const std::string& folder, const std::vector<std::string>& args) {
  const std::string port_file = folder + "/emulator.port";
  ProcessOptions options;
  options.program = SLUICE_EMULATOR_PROGRAM;
  options.args = {"--listen", "127.0.0.1:0", "--port-file", port_file};
  options.args.insert(options.args.end(), args.begin(), args.end());
  options.stdout_path = folder + "/emulator.out";
  options.stderr_path = folder + "/emulator.err";
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  auto ports = WaitForPorts(port_file, process->get());
  if (!ports.ok()) return ports.status();
  return std::unique_ptr<EmulatorProcess>(
      new EmulatorProcess(*std::move(process), ports->at("http")));
}

std::string EmulatorProcess::As(const std::string& preset, const std::string& base_path) const {
  return url() + "/as/" + preset + (base_path.empty() ? "" : "/" + base_path);
}

nlohmann::json EmulatorProcess::Page(const std::string& path, const std::string& method) const {
  const auto answer = Fetch(port_, method, path);
  return answer.ok() ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
}

std::vector<nlohmann::json> EmulatorProcess::Requests(const std::string& path) const {
  std::vector<nlohmann::json> requests;
  const nlohmann::json page = Page("/emulator/requests?last=100000");
  if (!page.is_object()) return requests;
  for (const nlohmann::json& request : page["requests"]) {
    const auto target = request["target"].get<std::string>();
    const bool own =
        target.starts_with("/emulator/requests") || target.starts_with("/emulator/connections");
    if (!own && target.find(path) != std::string::npos) requests.push_back(request);
  }
  return requests;
}

nlohmann::json EmulatorProcess::WaitForRequest(
    const std::string& path, const std::function<bool(const nlohmann::json&)>& condition) const {
  nlohmann::json found;
  Eventually([&] {
    const auto requests = Requests(path);
    if (requests.empty() || !condition(requests.back())) return false;
    found = requests.back();
    return true;
  });
  return found;
}

std::string EmulatorProcess::RawHead(const nlohmann::json& request) {
  std::string raw;
  absl::Base64Unescape(request["head_base64"].get<std::string>(), &raw);
  return raw;
}

std::vector<std::string> EmulatorProcess::HeaderValues(const nlohmann::json& request,
                                                       const std::string& name) {
  std::vector<std::string> values;
  for (const nlohmann::json& field : request["headers"]) {
    if (strcasecmp(field[0].get<std::string>().c_str(), name.c_str()) == 0)
      values.push_back(field[1]);
  }
  return values;
}

}  // namespace sluice::test
