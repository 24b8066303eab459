#include "controlplane/access/token_gate.h"

#include <optional>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"

namespace sluice::access {
namespace {

std::optional<Role> RoleOf(const store::TokenRow& token) {
  if (token.kind == store::TokenKind::kJoin) return Role::kNode;
  if (token.role == "owner") return Role::kOwner;
  if (token.role == "viewer") return Role::kViewer;
  return std::nullopt;
}

std::string_view PrefixFor(Role role) {
  return role == Role::kNode ? crypto::kJoinTokenPrefix : crypto::kAdminTokenPrefix;
}

bool Allows(Role held, Role needed) {
  if (needed == Role::kNode || held == Role::kNode) return held == needed;
  return held == Role::kOwner || needed == Role::kViewer;
}

absl::Status NotAuthenticated(Role needed) {
  return absl::UnauthenticatedError(needed == Role::kNode ? "a valid join token is required"
                                                          : "a valid admin token is required");
}

}  // namespace

absl::StatusOr<TokenGate> TokenGate::Load(store::Store& store) {
  auto tokens = store.Tokens();
  if (!tokens.ok()) return tokens.status();
  TokenGate gate;
  for (store::TokenRow& token : *tokens) {
    const std::optional<Role> role = RoleOf(token);
    if (!role) {
      return absl::DataLossError(base::Cat("the token \"", token.id,
                                           "\" in the database has the role \"", token.role,
                                           "\", which is none"));
    }
    Entry entry{{token.id, token.name, *role}, base::Secret(std::move(token.sha256))};
    const std::string place = base::Cat(PrefixFor(*role), token.id);
    gate.by_id_.emplace(place, std::move(entry));
  }
  return gate;
}

const TokenGate::Entry* TokenGate::Find(std::string_view prefix, std::string_view token) const {
  const std::optional<std::string_view> id = crypto::KeyIdOf(prefix, token);
  if (!id) return nullptr;
  const auto found = by_id_.find(base::Cat(prefix, *id));
  if (found == by_id_.end()) return nullptr;
  // The id is public; what makes the token is compared in constant time.
  return found->second.sha256.Equals(crypto::Sha256Bytes(token)) ? &found->second : nullptr;
}

absl::StatusOr<Principal> TokenGate::Admit(std::string_view method, std::string_view token) const {
  const RpcRule* rule = FindRpcRule(method);
  const Role needed = rule == nullptr ? Role::kOwner : rule->role;
  const Entry* entry = Find(PrefixFor(needed), token);
  if (entry == nullptr) return NotAuthenticated(needed);
  if (rule == nullptr || !Allows(entry->principal.role, needed)) {
    return absl::PermissionDeniedError(
        base::Cat("the token \"", entry->principal.name, "\" may not call ", method));
  }
  return entry->principal;
}

}  // namespace sluice::access
