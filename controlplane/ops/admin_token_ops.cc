#include "controlplane/ops/admin_token_ops.h"

#include <algorithm>
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

admin::v1::AdminToken MessageOf(const TokenRow& row) {
  admin::v1::AdminToken token;
  token.set_id(row.id);
  token.set_name(row.name);
  token.set_role(row.role);
  *token.mutable_created_at() = store::ToTimestamp(row.created_at);
  if (row.expires_at != absl::InfiniteFuture()) {
    *token.mutable_expires_at() = store::ToTimestamp(row.expires_at);
  }
  return token;
}

absl::StatusOr<TokenRow> RowFor(const admin::v1::CreateAdminTokenRequest& request,
                                const crypto::NewKey& key, absl::Time now) {
  if (!wire::IsResourceName(request.name())) {
    return absl::InvalidArgumentError(
        base::Cat("the name ", wire::Quoted(request.name()),
                  " is not 1 to 63 of a-z 0-9 - _ . ~ with a letter or digit first"));
  }
  if (!access::AdminRoleOf(request.role()).has_value()) {
    return absl::InvalidArgumentError(
        base::Cat("the role ", wire::Quoted(request.role()), " is not viewer, operator or owner"));
  }
  TokenRow row{.id = key.id,
               .kind = TokenKind::kAdmin,
               .name = request.name(),
               .role = request.role(),
               .sha256 = key.sha256,
               .created_at = now};
  if (!request.has_expires_in()) return row;
  const absl::Duration life = store::ToDuration(request.expires_in());
  if (life <= absl::ZeroDuration() || life > kLongestLife) {
    return absl::InvalidArgumentError("expires_in must be more than 0 and at most 100 years");
  }
  row.expires_at = now + life;
  return row;
}

absl::StatusOr<std::vector<TokenRow>> AdminTokens(const store::EnrolmentRows& rows) {
  auto tokens = rows.Tokens();
  if (!tokens.ok()) return tokens;
  std::erase_if(*tokens, [](const TokenRow& token) { return token.kind != TokenKind::kAdmin; });
  return tokens;
}

// A name must find one token only, also among the ids.
absl::Status CheckFree(const std::vector<TokenRow>& tokens, const TokenRow& made) {
  if (tokens.size() >= AdminTokenOps::kMaxTokens) {
    return absl::ResourceExhaustedError(
        base::Cat("there are ", tokens.size(),
                  " admin tokens, expired ones included; revoke those that are not needed"));
  }
  for (const TokenRow& token : tokens) {
    if (token.name == made.name || token.id == made.name || token.name == made.id) {
      return absl::AlreadyExistsError(
          base::Cat("the admin token \"", made.name, "\" exists already"));
    }
  }
  return absl::OkStatus();
}

bool IsLastingOwner(const TokenRow& token) {
  return token.role == "owner" && token.expires_at == absl::InfiniteFuture();
}

// Else there would come a day on which nobody can change anything any more.
absl::Status CheckNotLast(const std::vector<TokenRow>& tokens, const TokenRow& token) {
  const auto lasting = std::count_if(tokens.begin(), tokens.end(), IsLastingOwner);
  if (!IsLastingOwner(token) || lasting > 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat("the admin token \"", token.name,
                "\" is the last owner that does not expire: make another one first"));
}

std::string Until(const TokenRow& row) {
  if (row.expires_at == absl::InfiniteFuture()) return "";
  return base::Cat(", until ",
                   absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", row.expires_at, absl::UTCTimeZone()));
}

}  // namespace

absl::StatusOr<admin::v1::ListAdminTokensResponse> AdminTokenOps::List() {
  const auto tokens = store_.Tokens();
  if (!tokens.ok()) return tokens.status();
  admin::v1::ListAdminTokensResponse response;
  for (const TokenRow& token : *tokens) {
    if (token.kind == TokenKind::kAdmin) *response.add_tokens() = MessageOf(token);
  }
  return response;
}

absl::StatusOr<admin::v1::CreateAdminTokenResponse> AdminTokenOps::Create(
    const Caller& caller, const admin::v1::CreateAdminTokenRequest& request) {
  const crypto::NewKey key = crypto::MintKey(crypto::kAdminTokenPrefix);
  const absl::Time now = clock_.Now();
  const auto row = RowFor(request, key, now);
  if (!row.ok()) return row.status();
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, now), [&](store::EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const auto tokens = AdminTokens(rows);
        if (!tokens.ok()) return tokens.status();
        absl::Status status = CheckFree(*tokens, *row);
        if (status.ok()) status = rows.InsertToken(*row);
        if (!status.ok()) return status;
        // Here and not later, so that whoever revokes it revokes it here too.
        gate_.tokens().Put(*row);
        return base::Cat("admin token ", row->name, " (", row->id, ") created: ", row->role,
                         Until(*row));
      });
  if (!stored.ok()) {
    gate_.tokens().Erase(row->id);
    return stored;
  }
  admin::v1::CreateAdminTokenResponse response;
  *response.mutable_token() = MessageOf(*row);
  response.set_text(key.text.Reveal().data(), key.text.Reveal().size());
  return response;
}

absl::StatusOr<admin::v1::RevokeAdminTokenResponse> AdminTokenOps::Revoke(
    const Caller& caller, const admin::v1::RevokeAdminTokenRequest& request) {
  std::optional<TokenRow> revoked;
  const absl::Status stored = store_.Enrol(
      EntryOf(caller, clock_.Now()),
      [&](store::EnrolmentRows& rows) -> absl::StatusOr<std::string> {
        const auto tokens = AdminTokens(rows);
        if (!tokens.ok()) return tokens.status();
        const auto found = std::find_if(tokens->begin(), tokens->end(), [&](const TokenRow& token) {
          return token.id == request.token() || token.name == request.token();
        });
        if (found == tokens->end()) {
          return absl::NotFoundError(
              base::Cat("there is no admin token ", wire::Quoted(request.token())));
        }
        absl::Status status = CheckNotLast(*tokens, *found);
        if (status.ok()) status = rows.EraseToken(found->id);
        if (!status.ok()) return status;
        revoked = *found;
        return base::Cat("admin token ", found->name, " (", found->id, ") revoked");
      });
  if (!stored.ok()) return stored;
  gate_.tokens().Erase(revoked->id);
  admin::v1::RevokeAdminTokenResponse response;
  *response.mutable_token() = MessageOf(*revoked);
  return response;
}

}  // namespace sluice::ops
