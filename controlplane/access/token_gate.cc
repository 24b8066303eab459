#include "controlplane/access/token_gate.h"

#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"

namespace sluice::access {
namespace {

constexpr std::pair<std::string_view, Role> kAdminRoles[] = {
    {"viewer", Role::kViewer}, {"operator", Role::kOperator}, {"owner", Role::kOwner}};

}  // namespace

std::optional<Role> AdminRoleOf(std::string_view text) {
  for (const auto& [name, role] : kAdminRoles) {
    if (name == text) return role;
  }
  return std::nullopt;
}

std::string_view AdminRoleName(Role role) {
  for (const auto& [name, named] : kAdminRoles) {
    if (named == role) return name;
  }
  return "none";
}

TokenGate::Entry TokenGate::EntryOf(const store::TokenRow& token, Role role) {
  return {.principal = {.token_id = token.id,
                        .name = token.name,
                        .role = role,
                        .issued_at = token.created_at},
          .sha256 = base::Secret(std::string_view(token.sha256)),
          .expires_at = token.expires_at,
          .used_by = token.used_by};
}

absl::StatusOr<std::unique_ptr<TokenGate>> TokenGate::Make(
    const std::vector<store::TokenRow>& tokens, const base::Clock& clock) {
  std::unique_ptr<TokenGate> gate(new TokenGate(clock));
  for (const store::TokenRow& token : tokens) {
    if (token.kind == store::TokenKind::kAdmin && !AdminRoleOf(token.role)) {
      return absl::DataLossError(base::Cat("the token \"", token.id,
                                           "\" in the database has the role \"", token.role,
                                           "\", which is none"));
    }
    gate->Put(token);
  }
  return gate;
}

const TokenGate::Entry* TokenGate::Find(const Entries& entries, std::string_view prefix,
                                        std::string_view token) {
  const std::optional<std::string_view> id = crypto::KeyIdOf(prefix, token);
  if (!id) return nullptr;
  const auto found = entries.find(std::string(*id));
  if (found == entries.end()) return nullptr;
  // The id is public; what makes the token is compared in constant time.
  return found->second.sha256.Equals(crypto::Sha256Bytes(token)) ? &found->second : nullptr;
}

absl::StatusOr<Principal> TokenGate::CheckAdmin(std::string_view token) const {
  absl::MutexLock lock(&mutex_);
  const Entry* entry = Find(admin_, crypto::kAdminTokenPrefix, token);
  if (entry == nullptr) return absl::UnauthenticatedError("a valid admin token is required");
  if (clock_.Now() >= entry->expires_at) {
    return absl::UnauthenticatedError(
        base::Cat("the admin token \"", entry->principal.name, "\" has expired"));
  }
  return entry->principal;
}

absl::StatusOr<Principal> TokenGate::CheckJoin(std::string_view token) const {
  absl::MutexLock lock(&mutex_);
  const Entry* entry = Find(join_, crypto::kJoinTokenPrefix, token);
  if (entry == nullptr) return absl::UnauthenticatedError("a valid join token is required");
  // Whoever gets this far holds the token: that it was one is no news to them.
  const std::string& name = entry->principal.name;
  if (clock_.Now() >= entry->expires_at) {
    return absl::UnauthenticatedError(base::Cat("the join token \"", name, "\" has expired"));
  }
  if (!entry->used_by.empty()) {
    return absl::UnauthenticatedError(
        base::Cat("the join token \"", name, "\" was for one use, and has been used"));
  }
  return entry->principal;
}

void TokenGate::Put(const store::TokenRow& token) {
  absl::MutexLock lock(&mutex_);
  if (token.kind == store::TokenKind::kAdmin) {
    const Role role = AdminRoleOf(token.role).value_or(Role::kViewer);
    admin_.insert_or_assign(token.id, EntryOf(token, role));
    return;
  }
  join_.insert_or_assign(token.id,
                         EntryOf(token, token.single_use ? Role::kNewcomer : Role::kNode));
}

void TokenGate::MarkUsed(std::string_view id, std::string_view node) {
  absl::MutexLock lock(&mutex_);
  const auto found = join_.find(std::string(id));
  if (found != join_.end()) found->second.used_by = std::string(node);
}

void TokenGate::Erase(std::string_view id) {
  absl::MutexLock lock(&mutex_);
  admin_.erase(std::string(id));
  join_.erase(std::string(id));
}

}  // namespace sluice::access
