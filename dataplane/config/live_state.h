// What must outlive a Snapshot: the guards of each provider, owned by provider name, and the state
// of each provider key, owned by its id and generation, so that a push neither restarts a rotation
// nor forgets what a guard has learned. A key with another text begins healthy. The guards of
// client keys are kept with the newest index of these, those of the subjects of tokens with what is
// remembered of tokens.
//
// Whoever builds snapshots (start-up, then the link) asks for guards and forgets them; everything
// else may be called by any thread. The guards themselves are shared with the workers through the
// snapshots.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/config/client_key_index.h"
#include "dataplane/config/token_issuers.h"
#include "dataplane/config/token_memory.h"
#include "dataplane/guard/key_health_feed.h"
#include "dataplane/guard/provider_guards.h"
#include "dataplane/guard/provider_key_state.h"

namespace sluice::config {

class LiveState {
 public:
  // The guards of that provider, made when they are first asked for.
  std::shared_ptr<guard::ProviderGuards> GuardsOf(std::string_view provider);
  // The state of that key; a new one if there is none of this generation. `name`: for logs.
  std::shared_ptr<guard::ProviderKeyState> KeyStateOf(std::string_view id, std::string name,
                                                      int64_t generation);
  // Forgets the guards of every other provider, and the states of every other key. Snapshots that
  // still have them keep them alive.
  void KeepOnly(const std::set<std::string_view>& providers,
                const std::set<std::string_view>& keys);

  // Null if there is no such key.
  std::shared_ptr<guard::ProviderKeyState> FindKeyState(std::string_view id) const;
  // By id.
  std::vector<std::shared_ptr<guard::ProviderKeyState>> KeyStates() const;
  // By name.
  std::vector<std::pair<std::string, std::shared_ptr<guard::ProviderGuards>>> Guards() const;
  // Where each state that changes is told.
  guard::KeyHealthFeed& feed() { return *feed_; }

  size_t size() const;  // of providers

  // Of the newest snapshot. By whoever builds the next one.
  const ClientKeyIndex& client_keys() const { return client_keys_; }
  void KeepClientKeys(const ClientKeyIndex& keys) { client_keys_ = keys; }
  const TokenIssuers& token_issuers() const { return *token_issuers_; }
  void KeepTokenIssuers(std::shared_ptr<const TokenIssuers> issuers) {
    token_issuers_ = std::move(issuers);
  }
  // Any thread.
  const TokenMemory& token_memory() const { return *token_memory_; }

  // `bell`: the guards of client keys may have been told to cut; before the first snapshot.
  void OnCuts(std::function<void()> bell) { cuts_bell_ = std::move(bell); }
  void RingCuts() const {
    if (cuts_bell_) cuts_bell_();
  }

 private:
  ClientKeyIndex client_keys_;
  const std::shared_ptr<TokenMemory> token_memory_ = std::make_shared<TokenMemory>();
  std::shared_ptr<const TokenIssuers> token_issuers_ =
      std::make_shared<const TokenIssuers>(token_memory_);
  std::function<void()> cuts_bell_;
  const std::shared_ptr<guard::KeyHealthFeed> feed_ = std::make_shared<guard::KeyHealthFeed>();
  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<guard::ProviderGuards>, std::less<>> guards_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<guard::ProviderKeyState>, std::less<>> keys_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::config
