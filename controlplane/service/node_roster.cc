#include "controlplane/service/node_roster.h"

#include <spdlog/spdlog.h>

#include <vector>

#include "common/base/text.h"

namespace sluice::service {

void NodeRoster::Enter(const std::shared_ptr<publish::Session>& session,
                       const access::Principal& principal) {
  absl::MutexLock lock(&mutex_);
  entries_[session.get()] = {session, principal.node, principal.expires_at};
}

void NodeRoster::Name(const std::shared_ptr<publish::Session>& session, std::string_view node) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(session.get());
  if (found != entries_.end()) found->second.node = std::string(node);
}

void NodeRoster::Leave(const std::shared_ptr<publish::Session>& session) {
  absl::MutexLock lock(&mutex_);
  entries_.erase(session.get());
}

void NodeRoster::Close(std::string_view node, const absl::Status& status) {
  std::vector<std::shared_ptr<publish::Session>> sessions;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.node == node) sessions.push_back(entry.session);
    }
  }
  for (const auto& session : sessions) session->Close(status);
}

void NodeRoster::Sweep(absl::Time now) {
  std::vector<Entry> ended;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [key, entry] : entries_) {
      if (entry.expires_at > now) continue;
      ended.push_back(entry);
      entry.expires_at = absl::InfiniteFuture();  // once
    }
  }
  for (const Entry& entry : ended) {
    spdlog::warn("connection of node {} is closed: its certificate has expired", entry.node);
    entry.session->Close(absl::UnauthenticatedError("the certificate has expired"));
  }
}

}  // namespace sluice::service
