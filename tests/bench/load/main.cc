// sluice-load: a client on one thread that puts load on an HTTP/1.1 server of this machine, checks
// every answer, and prints one line of JSON. tests/bench/run uses it.
//
//   sluice-load requests --port 8080 --request FILE --rate 3000 --connections 10 --requests 9000
//   sluice-load streams  --port 8080 --request FILE --streams 1000 --at-once 32 --events 66
//   sluice-load hold     --port 8080 --request FILE --streams 4000   (until standard input ends)
//
// FILE has the bytes of a request as they are to be sent; so a key is in no argument. 0: all went
// well. 1: an answer was wrong, cut or late, and a line on standard error says how. 2: a wrong
// flag.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/bench/load/held_streams.h"
#include "tests/bench/load/request_load.h"
#include "tests/bench/load/stream_load.h"

namespace {

using namespace sluice::bench;  // NOLINT(google-build-using-namespace)

struct Words {
  uint16_t port = 0;
  std::string file;
  int patience_seconds = 60;
  int spread_ms = 0;
  RequestPlan requests;
  StreamPlan streams;
};

// A connection each; the default of many systems is 1024.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json Microseconds(const Samples& samples) {
  nlohmann::json figures = {{"count", samples.size()}};
  const std::pair<const char*, double> percentiles[] = {
      {"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99_9", 99.9}, {"max", 100}};
  for (const auto& [name, percent] : percentiles) {
    figures[name] = samples.Percentile(percent) * 1000;
  }
  return figures;
}

void Print(const nlohmann::json& figures) {
  std::puts(figures.dump().c_str());
  std::fflush(stdout);
}

absl::Status SendRequests(const Words& words, const std::string& request) {
  RequestPlan plan = words.requests;
  plan.port = words.port;
  plan.request = request;
  plan.patience = std::chrono::seconds(words.patience_seconds);
  RequestLoad load(plan);
  const absl::Status status = load.Run();
  if (!status.ok()) return status;
  const RequestFigures& figures = load.figures();
  Print({{"requests", figures.answered},
         {"seconds", figures.seconds},
         {"latency_us", Microseconds(figures.latency)}});
  return absl::OkStatus();
}

absl::Status ReadStreams(const Words& words, const std::string& request) {
  StreamPlan plan = words.streams;
  plan.port = words.port;
  plan.request = request;
  plan.patience = std::chrono::seconds(words.patience_seconds);
  plan.spread = std::chrono::milliseconds(words.spread_ms);
  StreamLoad load(plan);
  const absl::Status status = load.Run();
  if (!status.ok()) return status;
  const StreamFigures& figures = load.figures();
  Print({{"streams", figures.streams},
         {"events", figures.events},
         {"seconds", figures.seconds},
         {"first_event_us", Microseconds(figures.first_event)},
         {"gap_us", Microseconds(figures.gap)}});
  return absl::OkStatus();
}

absl::Status HoldStreams(const Words& words, const std::string& request) {
  HeldStreams streams(words.port, request);
  absl::Status status =
      streams.Open(words.streams.streams, std::chrono::seconds(words.patience_seconds));
  if (!status.ok()) return status;
  std::puts("ready");
  std::fflush(stdout);
  return streams.HoldUntilReadable(STDIN_FILENO);
}

void AddTarget(CLI::App* command, Words* words) {
  command->add_option("--port", words->port, "On 127.0.0.1")->required();
  command->add_option("--request", words->file, "File with the request as it is sent")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--patience", words->patience_seconds, "Seconds that the whole may take")
      ->capture_default_str();
}

void AddRequestOptions(CLI::App* command, RequestPlan* plan) {
  command->add_option("--rate", plan->rate, "Requests a second; 0: as fast as answers come")
      ->capture_default_str();
  command->add_option("--connections", plan->connections, "That are kept")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->capture_default_str();
  command->add_option("--requests", plan->requests, "In all")->capture_default_str();
  command->add_option("--warm-up", plan->warm_up, "The first ones that are not counted");
  command->add_option("--upload", plan->zeros, "Bytes of body to send after the request");
  command->add_option("--expect-bytes", plan->expected, "What the body of each answer must have");
}

void AddStreamOptions(CLI::App* command, Words* words) {
  StreamPlan& plan = words->streams;
  command->add_option("--streams", plan.streams, "In all")->capture_default_str();
  command->add_option("--at-once", plan.at_once, "Open at the same time")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->capture_default_str();
  command->add_option("--events", plan.events, "What each must have; 0: any");
  command->add_option("--spread", words->spread_ms, "Milliseconds over which the first begin");
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  CLI::App app("A client that puts load on a server of this machine and checks every answer",
               "sluice-load");
  app.require_subcommand(1);
  CLI::App* requests = app.add_subcommand("requests", "One request again and again");
  CLI::App* streams = app.add_subcommand("streams", "Event streams, read to their end");
  CLI::App* hold = app.add_subcommand("hold", "Streams that stay open until standard input ends");
  for (CLI::App* command : {requests, streams, hold}) AddTarget(command, &words);
  AddRequestOptions(requests, &words.requests);
  AddStreamOptions(streams, &words);
  hold->add_option("--streams", words.streams.streams, "How many")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  RaiseFileLimit();
  const std::string request = Contents(words.file);
  const absl::Status status = requests->parsed()  ? SendRequests(words, request)
                              : streams->parsed() ? ReadStreams(words, request)
                                                  : HoldStreams(words, request);
  if (status.ok()) return 0;
  std::fputs(fmt::format("sluice-load: {}\n", status.ToString()).c_str(), stderr);
  return 1;
}
