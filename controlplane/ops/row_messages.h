// Rows as the messages they hold.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/ops/resource_check.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::ops {

template <typename Message>
absl::StatusOr<std::vector<Message>> ListMessages(const store::ResourceRows& rows,
                                                  store::ResourceKind kind) {
  auto listed = rows.List(kind);
  if (!listed.ok()) return listed.status();
  std::vector<Message> messages;
  messages.reserve(listed->size());
  for (const store::ResourceRow& row : *listed) {
    auto message = store::Decode<Message>(row);
    if (!message.ok()) return message.status();
    messages.push_back(*std::move(message));
  }
  return messages;
}

// NotFound names the kind and what was looked for.
template <typename Message>
absl::StatusOr<Message> GetMessage(const store::ResourceRows& rows, store::ResourceKind kind,
                                   std::string_view id) {
  auto row = rows.FindById(kind, id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return NoSuch(kind, id);
  return store::Decode<Message>(**row);
}

}  // namespace sluice::ops
