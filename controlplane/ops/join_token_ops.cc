#include "controlplane/ops/join_token_ops.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/crypto/key_text.h"
#include "common/wire/field_text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using store::TokenKind;
using store::TokenRow;

const absl::Duration kLongestLife = absl::Hours(24 * 36525);  // 100 years

admin::v1::JoinToken MessageOf(const TokenRow& row) {
  admin::v1::JoinToken token;
  token.set_id(row.id);
  token.set_name(row.name);
  *token.mutable_created_at() = store::ToTimestamp(row.created_at);
  if (row.expires_at != absl::InfiniteFuture()) {
    *token.mutable_expires_at() = store::ToTimestamp(row.expires_at);
  }
  token.set_single_use(row.single_use);
  token.set_used_by(row.used_by);
  return token;
}

absl::StatusOr<TokenRow> RowFor(const admin::v1::CreateJoinTokenRequest& request,
                                const crypto::NewKey& key, absl::Time now) {
  if (!wire::IsResourceName(request.name())) {
    return absl::InvalidArgumentError(
        base::Cat("the name ", wire::Quoted(request.name()),
                  " is not 1 to 63 of a-z 0-9 - _ . ~ with a letter or digit first"));
  }
  TokenRow row{.id = key.id,
               .kind = TokenKind::kJoin,
               .name = request.name(),
               .role = "node",
               .sha256 = key.sha256,
               .created_at = now,
               .single_use = request.single_use()};
  if (!request.has_expires_in()) return row;
  const absl::Duration life = store::ToDuration(request.expires_in());
  if (life <= absl::ZeroDuration() || life > kLongestLife) {
    return absl::InvalidArgumentError("expires_in must be more than 0 and at most 100 years");
  }
  row.expires_at = now + life;
  return row;
}

absl::StatusOr<std::vector<TokenRow>> JoinTokens(const store::EnrolmentRows& rows) {
  auto tokens = rows.Tokens();
  if (!tokens.ok()) return tokens;
  std::erase_if(*tokens, [](const TokenRow& token) { return token.kind != TokenKind::kJoin; });
  return tokens;
}

// A name must find one token only, also among the ids.
absl::Status CheckFree(const std::vector<TokenRow>& tokens, const TokenRow& made) {
  if (tokens.size() >= JoinTokenOps::kMaxTokens) {
    return absl::ResourceExhaustedError(base::Cat("there are ", tokens.size(),
                                                  " join tokens, used and expired ones included; "
                                                  "revoke those that are not needed"));
  }
  for (const TokenRow& token : tokens) {
    if (token.name == made.name || token.id == made.name || token.name == made.id) {
      return absl::AlreadyExistsError(
          base::Cat("the join token \"", made.name, "\" exists already"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<admin::v1::ListJoinTokensResponse> JoinTokenOps::List() {
  const auto tokens = store_.Tokens();
  if (!tokens.ok()) return tokens.status();
  admin::v1::ListJoinTokensResponse response;
  for (const TokenRow& token : *tokens) {
    if (token.kind == TokenKind::kJoin) *response.add_join_tokens() = MessageOf(token);
  }
  return response;
}

absl::StatusOr<admin::v1::CreateJoinTokenResponse> JoinTokenOps::Create(
    const Caller& caller, const admin::v1::CreateJoinTokenRequest& request) {
  const crypto::NewKey key = crypto::MintKey(crypto::kJoinTokenPrefix);
  const absl::Time now = clock_.Now();
  const auto row = RowFor(request, key, now);
  if (!row.ok()) return row.status();
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, now), [&](store::EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const auto tokens = JoinTokens(rows);
        if (!tokens.ok()) return tokens.status();
        absl::Status status = CheckFree(*tokens, *row);
        if (status.ok()) status = rows.InsertToken(*row);
        if (!status.ok()) return status;
        // Here and not later, so that whoever revokes it revokes it here too.
        gate_.tokens().Put(*row);
        return base::Cat("join token ", row->name, " (", row->id, ") created",
                         row->single_use ? ", for one use" : "");
      });
  if (!stored.ok()) {
    gate_.tokens().Erase(row->id);
    return stored;
  }
  admin::v1::CreateJoinTokenResponse response;
  *response.mutable_join_token() = MessageOf(*row);
  response.set_token(key.text.Reveal().data(), key.text.Reveal().size());
  return response;
}

absl::StatusOr<admin::v1::RevokeJoinTokenResponse> JoinTokenOps::Revoke(
    const Caller& caller, const admin::v1::RevokeJoinTokenRequest& request) {
  std::string id;
  const absl::Status stored =
      store_.Enrol(EntryOf(caller, clock_.Now()),
                   [&](store::EnrolmentRows& rows) -> absl::StatusOr<std::string> {
                     const auto tokens = JoinTokens(rows);
                     if (!tokens.ok()) return tokens.status();
                     for (const TokenRow& token : *tokens) {
                       if (token.id != request.id() && token.name != request.id()) continue;
                       id = token.id;
                       const absl::Status erased = rows.EraseToken(id);
                       if (!erased.ok()) return erased;
                       return base::Cat("join token ", token.name, " (", id, ") revoked");
                     }
                     return absl::NotFoundError(
                         base::Cat("there is no join token ", wire::Quoted(request.id())));
                   });
  if (!stored.ok()) return stored;
  gate_.tokens().Erase(id);
  return admin::v1::RevokeJoinTokenResponse();
}

}  // namespace sluice::ops
