#include "tests/bench/fleet/world.h"

#include <algorithm>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/key_text.h"
#include "common/wire/channel.h"

namespace sluice::bench {
namespace {

constexpr size_t kKeysAtOnce = 5000;
constexpr absl::Duration kPatience = absl::Minutes(2);

admin::v1::DeclaredClientKey NewKey(size_t number) {
  const crypto::NewKey minted = crypto::MintKey(crypto::kClientKeyPrefix);
  admin::v1::DeclaredClientKey key;
  key.mutable_key()->set_id(minted.id);
  key.mutable_key()->set_name(base::Cat("app-", number));
  key.mutable_key()->add_providers("demo");
  (*key.mutable_key()->mutable_labels())["team"] = base::Cat("team-", number % 100);
  key.set_sha256(minted.sha256);
  return key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<World>> World::Start(size_t keys) {
  std::unique_ptr<World> world(new World);
  test::StackOptions options;
  options.dataplanes = 0;
  options.dataplane_args = {"--workers", "1"};
  auto stack = test::Stack::Start(options);
  if (!stack.ok()) return stack.status();
  world->stack_ = *std::move(stack);
  absl::Status status = world->Reopen();
  if (status.ok()) {
    status = world->stack_->AddProvider("demo", "openai", world->stack_->emulator().url() + "/v1");
  }
  if (status.ok()) status = world->Load(keys);
  if (!status.ok()) return status;
  auto key = world->stack_->AddClientKey("probe");
  if (!key.ok()) return key.status();
  world->key_ = *key;
  auto relay = test::TcpRelay::Start(world->stack_->controlplane().port("grpc"));
  if (!relay.ok()) return relay.status();
  world->relay_ = *std::move(relay);
  if (status = world->AddDataplanes(1); !status.ok()) return status;
  if (status = world->PutRelayBefore(world->stack_->dataplane()); !status.ok()) return status;
  if (status = world->Settle(); !status.ok()) return status;
  return world;
}

absl::Status World::Reopen() {
  auto admin =
      test::AdminClient::Open(stack_->controlplane().port("grpc"), stack_->admin_token_file());
  if (!admin.ok()) return admin.status();
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

absl::Status World::Load(size_t keys) {
  for (size_t begin = 0; begin < keys; begin += kKeysAtOnce) {
    std::vector<admin::v1::DeclaredClientKey> chunk;
    for (size_t i = begin; i < std::min(keys, begin + kKeysAtOnce); ++i) {
      chunk.push_back(NewKey(i));
      spare_.push_back(chunk.back().key().name());
    }
    auto revision = admin_->DeclareKeys(chunk);
    if (!revision.ok()) return revision.status();
  }
  return absl::OkStatus();
}

absl::Status World::PutRelayBefore(test::ServerProcess& dataplane) {
  std::vector<std::string> args = dataplane.args();
  const auto flag = std::find(args.begin(), args.end(), "--control-plane");
  *(flag + 1) = base::Cat("127.0.0.1:", relay_->port());
  dataplane.SetArgs(std::move(args));
  return dataplane.Restart();
}

absl::Status World::AddDataplanes(size_t until) {
  while (stack_->dataplanes() < until) {
    auto added = stack_->AddDataplane();
    if (!added.ok()) return added.status();
  }
  for (size_t i = 0; i < until; ++i) {
    if (!stack_->WaitUntilReady(i)) {
      return absl::DeadlineExceededError(base::Cat("data plane ", i, " is not ready in time"));
    }
  }
  return absl::OkStatus();
}

std::vector<uint16_t> World::ports() {
  std::vector<uint16_t> ports;
  for (size_t i = 0; i < stack_->dataplanes(); ++i) ports.push_back(stack_->port(i));
  return ports;
}

std::unique_ptr<SimulatedFleet> World::NewFleet() {
  SimulatedNode::Options options;
  options.labels = {{"kind", "simulated"}};
  const auto token = base::ReadFile(stack_->folder().File("controlplane/join.token"));
  if (token.ok()) options.join_token = std::string(base::Stripped(*token));
  options.open_channel = [target = base::Cat("127.0.0.1:", stack_->controlplane().port("grpc"))] {
    return *wire::OpenChannel({.target = target, .own_connection = true});
  };
  return std::make_unique<SimulatedFleet>(std::move(options));
}

absl::Status World::Settle() {
  int64_t newest = 0;
  auto nodes = admin_->Nodes(&newest);
  if (!nodes.ok()) return nodes.status();
  int counted = 0;
  const absl::Status waited = admin_->AwaitAll(newest, kPatience, &counted);
  if (waited.ok()) return waited;
  nodes = admin_->Nodes(&newest);
  std::string behind;
  for (const admin::v1::Node& node : nodes.ok() ? *nodes : std::vector<admin::v1::Node>()) {
    if (node.acked_revision() >= newest || behind.size() > 400) continue;
    behind += base::Cat("; ", node.id(), node.connected() ? " has " : " is gone with ",
                        node.acked_revision(), " of ", newest);
    if (!node.refusals().empty()) behind += base::Cat(", refuses: ", node.refusals(0));
  }
  return absl::Status(waited.code(), base::Cat(base::ToStd(waited.message()), behind));
}

}  // namespace sluice::bench
