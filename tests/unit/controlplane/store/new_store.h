// A real store in a folder of its own, and the rows that tests put into it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "controlplane/store/store.h"

namespace sluice::store {

inline const absl::Time kTestTime = absl::FromUnixSeconds(1'700'000'000);

inline std::unique_ptr<Store> NewStore(const std::string& path) {
  auto store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return nullptr;
  const absl::Status status = (*store)->Create({}, kTestTime);
  EXPECT_TRUE(status.ok()) << status;
  return *std::move(store);
}

inline std::unique_ptr<Store> ExistingStore(const std::string& path) {
  auto store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return nullptr;
  const absl::Status status = (*store)->Migrate();
  EXPECT_TRUE(status.ok()) << status;
  return *std::move(store);
}

inline ChangeInfo TestInfo() {
  return {
      .actor = "alice", .token = "tok", .peer = "ipv4:127.0.0.1:1", .rpc = "Test", .at = kTestTime};
}

inline ResourceRow ProviderRow(const std::string& name, const std::string& base_url = "") {
  config::v1::Provider provider;
  provider.set_name(name);
  provider.set_preset("openai");
  if (!base_url.empty()) provider.set_base_url(base_url);
  return RowOf(provider);
}

// Puts the rows in one change.
template <typename... Rows>
absl::StatusOr<Committed> Commit(Store& store, const Rows&... rows) {
  auto change = store.Begin(TestInfo());
  if (!change.ok()) return change.status();
  absl::Status status;
  ((status.Update((*change)->Put(rows))), ...);
  if (!status.ok()) return status;
  return (*change)->Commit("test");
}

}  // namespace sluice::store
