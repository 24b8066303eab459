// A link with state of its own, and a control plane that says what the test tells it to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/file.h"
#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"
#include "dataplane/config/resume.h"
#include "dataplane/link/control_link.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/config/sample_configuration.h"
#include "tests/unit/dataplane/link/fake_control_plane.h"

namespace sluice::link {

using fleet::v1::NodeMessage;
using Inbox = std::vector<NodeMessage>;

inline int64_t CountOf(const Inbox& inbox, NodeMessage::MessageCase kind) {
  return std::count_if(inbox.begin(), inbox.end(),
                       [&](const auto& message) { return message.message_case() == kind; });
}

inline auto Has(NodeMessage::MessageCase kind, int64_t count = 1) {
  return [kind, count](const Inbox& inbox) { return CountOf(inbox, kind) >= count; };
}

inline const NodeMessage& Last(const Inbox& inbox, NodeMessage::MessageCase kind) {
  return *std::find_if(inbox.rbegin(), inbox.rend(),
                       [&](const auto& message) { return message.message_case() == kind; });
}

class ControlLinkTest : public ::testing::Test {
 protected:
  ControlLinkTest() {
    EXPECT_TRUE(base::WriteFileAtomically(options_.join_token_file, token_.text.Reveal()).ok());
    auto opened = config::LastKnownGood::Open(folder_.File("state"), clock_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    last_known_good_ = *std::move(opened);
  }

  std::optional<config::HeldConfiguration> Held() const {
    if (!held_.has_value()) return std::nullopt;
    return config::HeldConfiguration{held_->stamp, held_->resources.Clone()};
  }
  void Start() {
    link_ = std::make_unique<ControlLink>(
        options_, Held(), slot_, live_state_, *last_known_good_,
        [] {
          fleet::v1::Heartbeat heartbeat;
          heartbeat.set_in_flight(3);
          heartbeat.set_requests(77);
          return heartbeat;
        },
        clock_);
    link_->Start();
  }
  bool Until(const std::function<bool(const observe::ConfigurationState&)>& come_true) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < give_up) {
      if (come_true(link_->State())) return true;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return false;
  }
  std::string SampleHash() { return test::ResourcesOf(test::SampleConfiguration()).Hash(); }
  std::string Sample() { return test::BytesOf(test::SampleConfiguration()); }
  // Publishes the sample as if it came from disk.
  void Resume(const std::string& epoch, int64_t revision) {
    ASSERT_TRUE(
        last_known_good_->Save({epoch, revision, SampleHash(), test::kLineage}, Sample()).ok());
    held_ = config::ServeLastKnownGood(*last_known_good_, live_state_, slot_);
    ASSERT_TRUE(held_.has_value());
  }
  std::chrono::milliseconds TimeToStop() {
    const auto began = std::chrono::steady_clock::now();
    link_->Stop();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 began);
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
  const crypto::NewKey token_ = crypto::MintKey(crypto::kJoinTokenPrefix);
  test::FakeControlPlane control_plane_{std::string(token_.text.Reveal())};
  ControlLink::Options options_{
      .control_plane = control_plane_.address(),
      .join_token_file = folder_.File("join.token"),
      .node_id = "node-1",
      .labels = {{"zone", "a"}},
      .build = "1.2.3",
      .backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(20)},
      .heartbeat = std::chrono::milliseconds(20)};
  std::optional<config::HeldConfiguration> held_;
  config::SnapshotSlot slot_;
  config::LiveState live_state_;
  std::unique_ptr<config::LastKnownGood> last_known_good_;
  std::unique_ptr<ControlLink> link_;
};

}  // namespace sluice::link
