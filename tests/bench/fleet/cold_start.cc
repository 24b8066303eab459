// A data plane that starts while its control plane is away.
#include <thread>
#include <utility>

#include "common/base/text.h"
#include "tests/bench/fleet/measurements.h"
#include "tests/bench/fleet/probe.h"
#include "tests/support/process.h"
#include "tests/support/stack/programs.h"

namespace sluice::bench {
namespace {

constexpr std::chrono::microseconds kLook{200};
constexpr std::chrono::seconds kPatience{30};

absl::StatusOr<SteadyClock::duration> StartOnce(const test::ProcessOptions& options, uint16_t port,
                                                const std::string& key) {
  Probe probe(port, key);
  const auto begin = SteadyClock::now();
  auto process = test::Process::Start(options);
  if (!process.ok()) return process.status();
  while (probe.Ask() != 200) {
    if (SteadyClock::now() > begin + kPatience || !(*process)->running()) {
      return absl::DeadlineExceededError("no 200 from a data plane that starts: " + probe.error());
    }
    std::this_thread::sleep_for(kLook);
  }
  const auto end = SteadyClock::now();
  (*process)->Kill();
  return end - begin;
}

}  // namespace

absl::StatusOr<Samples> MeasureColdStarts(size_t keys, size_t starts) {
  auto world = World::Start(keys);
  if (!world.ok()) return world.status();
  test::ServerProcess& dataplane = (*world)->stack().dataplane();
  const uint16_t port = dataplane.port("http");
  test::ProcessOptions options;
  options.program = test::DataplaneProgram();
  options.args = dataplane.args();
  options.args[1] = base::Cat("127.0.0.1:", port);  // that of --listen
  options.stderr_path = (*world)->stack().folder().File("cold.err");
  (*world)->stack().controlplane().Kill();
  dataplane.Stop();
  Samples samples;
  for (size_t i = 0; i < starts; ++i) {
    auto time = StartOnce(options, port, (*world)->key());
    if (!time.ok()) return time.status();
    samples.Add(*time);
  }
  return samples;
}

}  // namespace sluice::bench
