// A node as far as its accounts go: it numbers records, sends them in batches, and begins again
// after what was acknowledged last, on whatever connection. One thread; it reads its own stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::test {

class TellingNode {
 public:
  // Tells `records` of them, with the input tokens 1, 2, 3 and so on.
  TellingNode(std::string id, std::string join_token, int64_t records, uint64_t seed);

  // Tells what is left until all is acknowledged or the connection ends; true: all is.
  bool Tell(uint16_t port);
  int64_t acknowledged() const { return acknowledged_; }
  int64_t batches() const { return batches_; }

 private:
  using Stream = grpc::ClientReaderWriter<fleet::v1::NodeMessage, fleet::v1::ControlMessage>;

  bool Send(Stream& stream);
  // False: the stream has ended.
  bool AwaitAck(Stream& stream);

  const std::string id_;
  const std::string join_token_;
  const std::string segment_;
  const int64_t records_;
  std::mt19937_64 random_;
  int64_t acknowledged_ = 0;
  int64_t batches_ = 0;
};

}  // namespace sluice::test
