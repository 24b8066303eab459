// The use cases over a real store, a clock that stands still and a bell that counts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "controlplane/ops/client_key_ops.h"
#include "controlplane/ops/history_ops.h"
#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/ops/provider_ops.h"
#include "controlplane/ops/settings_ops.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::ops {

class StillClock : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = store::kTestTime;
};

class CountingBell : public store::CommitListener {
 public:
  void OnCommit(int64_t revision) override {
    ++rings;
    newest = revision;
  }
  int rings = 0;
  int64_t newest = 0;
};

class OpsFixture : public ::testing::Test {
 protected:
  OpsFixture()
      : store_(store::NewStore(folder_.File("s.db"))),
        sealer_(base::Secret(std::string(32, 'k'))),
        path_(*store_, clock_, bell_,
              [](const CanaryRequest& canary) -> absl::StatusOr<store::RolloutTerms> {
                if (canary.selector == "none") return absl::FailedPreconditionError("no canary");
                return store::RolloutTerms{canary.selector, 0, 0};
              }),
        providers_(path_),
        provider_keys_(path_, sealer_),
        client_keys_(path_),
        settings_(path_),
        history_(*store_) {}

  Caller By(const std::string& rpc) const {
    return {{"tok", "alice", access::Role::kOwner}, "ipv4:127.0.0.1:1", rpc};
  }

  absl::StatusOr<admin::v1::CreateProviderResponse> CreateProvider(const std::string& name) {
    admin::v1::CreateProviderRequest request;
    request.mutable_provider()->set_name(name);
    request.mutable_provider()->set_preset("openai");
    return providers_.Create(By("CreateProvider"), request);
  }
  absl::StatusOr<admin::v1::CreateProviderKeyResponse> CreateProviderKey(
      const std::string& provider, const std::string& name, const std::string& secret) {
    admin::v1::CreateProviderKeyRequest request;
    request.set_provider(provider);
    request.set_name(name);
    request.set_secret(secret);
    return provider_keys_.Create(By("CreateProviderKey"), request);
  }
  absl::StatusOr<admin::v1::CreateClientKeyResponse> CreateClientKey(
      const std::string& name, const std::vector<std::string>& providers = {}) {
    admin::v1::CreateClientKeyRequest request;
    request.mutable_client_key()->set_name(name);
    for (const std::string& provider : providers) {
      request.mutable_client_key()->add_providers(provider);
    }
    return client_keys_.Create(By("CreateClientKey"), request);
  }
  int64_t Revision() { return *history_.NewestRevision(); }

  test::TempFolder folder_;
  StillClock clock_;
  CountingBell bell_;
  std::unique_ptr<store::Store> store_;
  sealing::Sealer sealer_;
  WritePath path_;
  ProviderOps providers_;
  ProviderKeyOps provider_keys_;
  ClientKeyOps client_keys_;
  SettingsOps settings_;
  HistoryOps history_;
};

inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace sluice::ops
