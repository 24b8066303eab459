// A node of a later release, as far as the fleet protocol shows one: it says more in each message
// than this release knows, and now and then something that this release has no name for.
//
// Prints a line for each revision that it serves. Ends in order on SIGTERM.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "tests/bench/fleet/simulated_node.h"

namespace {

using sluice::bench::SimulatedNode;
using sluice::fleet::v1::NodeMessage;

void SayMore(NodeMessage* message) {
  if (message->has_hello()) message->mutable_hello()->set_future("of a hello");
  if (message->has_ack()) message->mutable_ack()->set_future("of an acknowledgement");
  if (!message->has_heartbeat()) return;
  // Every other heartbeat is a message that this release does not know.
  static int beats = 0;
  if (++beats % 2 == 0) {
    message->set_future_message("instead of a heartbeat");
  } else {
    message->mutable_heartbeat()->set_future("of a heartbeat");
    message->mutable_heartbeat()->set_requests(beats);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string control_plane;
  std::string token_file;
  SimulatedNode::Options options;
  CLI::App flags{"A node of a later release"};
  flags.add_option("--control-plane", control_plane)->required();
  flags.add_option("--join-token-file", token_file)->required();
  flags.add_option("--node-id", options.id)->required();
  CLI11_PARSE(flags, argc, argv);
  std::ifstream(token_file) >> options.join_token;
  options.open_channel = [control_plane] {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(control_plane, grpc::InsecureChannelCredentials(), arguments);
  };
  options.heartbeat = std::chrono::milliseconds(50);
  options.adorn = SayMore;
  options.on_served = [](int64_t revision, sluice::bench::SteadyClock::time_point) {
    std::cout << "served " << revision << std::endl;
  };
  // Before any thread: all inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  sluice::bench::Timetable timetable;
  const auto node = std::make_shared<SimulatedNode>(std::move(options), timetable);
  node->Start();
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  node->Stop();
  while (node->connected()) usleep(1000);
  return 0;
}
