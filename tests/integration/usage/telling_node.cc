#include "tests/integration/usage/telling_node.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/secret.h"
#include "common/wire/channel.h"

namespace sluice::test {
namespace {

constexpr int64_t kMostOfBatch = 120;

std::string RandomSegment(std::mt19937_64& random) {
  std::string segment;
  while (segment.size() < 16) segment += static_cast<char>(random());
  return segment;
}

}  // namespace

TellingNode::TellingNode(std::string id, std::string join_token, int64_t records, uint64_t seed)
    : id_(std::move(id)),
      join_token_(std::move(join_token)),
      segment_([seed] {
        std::mt19937_64 random(seed);
        return RandomSegment(random);
      }()),
      records_(records),
      random_(seed + 1) {}

bool TellingNode::Send(Stream& stream) {
  fleet::v1::NodeMessage message;
  fleet::v1::UsageBatch* batch = message.mutable_usage_batch();
  batch->set_segment(segment_);
  // Now and then what was acknowledged already, as a node does that was killed before it knew.
  const int64_t back = random_() % 3 == 0 ? static_cast<int64_t>(random_() % 50) : 0;
  const int64_t first = std::max<int64_t>(1, acknowledged_ + 1 - back);
  const int64_t last = std::min<int64_t>(
      records_, acknowledged_ + 1 + static_cast<int64_t>(random_() % kMostOfBatch));
  batch->set_first(first);
  for (int64_t number = first; number <= last; ++number) {
    fleet::v1::UsageRecord* record = batch->add_records();
    record->mutable_ended_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    record->set_requests(1);
    record->set_provider("p");
    record->set_model("m");
    record->set_status(200);
    record->set_side(fleet::v1::UsageRecord::NONE);
    record->set_quality(fleet::v1::UsageRecord::COMPLETE);
    record->set_input_tokens(number);
  }
  ++batches_;
  return stream.Write(message);
}

bool TellingNode::AwaitAck(Stream& stream) {
  fleet::v1::ControlMessage message;
  while (stream.Read(&message)) {
    if (!message.has_usage_ack() || message.usage_ack().segment() != segment_) continue;
    acknowledged_ = std::max(acknowledged_, message.usage_ack().stored());
    return true;
  }
  return false;
}

bool TellingNode::Tell(uint16_t port) {
  wire::ChannelOptions options{.target = "127.0.0.1:" + std::to_string(port),
                               .own_connection = true};
  auto channel = wire::OpenChannel(options);
  if (!channel.ok()) return false;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  wire::AttachToken(context, base::Secret(join_token_));
  const auto stub = fleet::v1::Fleet::NewStub(*channel);
  const auto stream = stub->Connect(&context);
  fleet::v1::NodeMessage hello;
  hello.mutable_hello()->set_node_id(id_);
  bool going = stream->Write(hello);
  while (going && acknowledged_ < records_) going = Send(*stream) && AwaitAck(*stream);
  context.TryCancel();
  fleet::v1::ControlMessage rest;
  while (stream->Read(&rest)) continue;
  stream->Finish();
  return acknowledged_ >= records_;
}

}  // namespace sluice::test
