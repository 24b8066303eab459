// sluice-emulator: providers of AI in one program without any intelligence. See help_text.cc for
// what it can be told.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/emulator/help_text.h"
#include "tests/support/emulator/server.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string port_file;
  std::vector<std::string> keys;
  size_t threads = 1;
  size_t kept_requests = 1000;
};

void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if not, fewer connections; accept says so
}

bool WritePortFile(const std::string& path, uint16_t port) {
  const std::string temporary = path + ".new";
  {
    std::ofstream file(temporary);
    file << "{\"http\":" << port << "}\n";
    file.flush();
    if (!file) return false;
  }
  return std::rename(temporary.c_str(), path.c_str()) == 0;
}

// [ADDRESS]:PORT or ADDRESS:PORT.
bool SplitListen(const std::string& listen, std::string& host, uint16_t& port) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return false;
  host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto number = ParseNumber(std::string_view(listen).substr(colon + 1));
  if (!number || *number > 65535) return false;
  port = static_cast<uint16_t>(*number);
  return true;
}

int Serve(const Options& options) {
  std::string host;
  uint16_t port = 0;
  if (!SplitListen(options.listen, host, port)) {
    std::fprintf(stderr, "--listen: \"%s\" is not ADDRESS:PORT\n", options.listen.c_str());
    return 2;
  }
  RaiseFileLimit();
  Provider provider(options.keys, options.kept_requests);
  Server server(provider, options.threads);
  if (auto status = server.Listen(host, port); !status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    return 1;
  }
  if (!options.port_file.empty() && !WritePortFile(options.port_file, server.port())) {
    std::fprintf(stderr, "--port-file: cannot write %s\n", options.port_file.c_str());
    return 1;
  }
  std::printf("listening on http://%s:%u\n", host.c_str(), static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  server.Run();
  return 0;
}

}  // namespace
}  // namespace sluice::emulator

int main(int argc, char** argv) {
  sluice::emulator::Options options;
  CLI::App app("An emulator of AI providers, for tests, benches and the quickstart");
  app.footer(std::string(sluice::emulator::kHelpText));
  app.add_option("--listen", options.listen, "ADDRESS:PORT; port 0 takes a free one")
      ->take_last()
      ->capture_default_str();
  app.add_option("--port-file", options.port_file, "Write {\"http\":PORT} here once it listens");
  app.add_option("--key", options.keys,
                 "A key to accept, instead of all that begin with sk-emulator; repeatable");
  app.add_option("--threads", options.threads, "Threads that serve")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{64}));
  app.add_option("--keep-requests", options.kept_requests, "Requests to remember; 0 for none")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return sluice::emulator::Serve(options);
}
