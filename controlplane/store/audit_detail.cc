#include "controlplane/store/audit_detail.h"

#include <nlohmann/json.hpp>

namespace sluice::store {
namespace {

using Json = nlohmann::ordered_json;

Json StateOf(const std::optional<ResourceRow>& row) {
  if (!row) return nullptr;
  return Json::parse(BodyJson(row->kind, row->body), nullptr, false);
}

// Empty: nothing happened to a secret.
std::string_view SecretChange(const ChangeItem& item) {
  const std::string before = item.before ? item.before->material : "";
  const std::string after = item.after ? item.after->material : "";
  if (before == after) return "";
  if (before.empty()) return "set";
  return after.empty() ? "removed" : "changed";
}

}  // namespace

std::string DescribeItems(const std::vector<ChangeItem>& items) {
  Json list = Json::array();
  for (const ChangeItem& item : items) {
    Json entry = {{"kind", KindName(item.kind)},
                  {"id", item.id},
                  {"before", StateOf(item.before)},
                  {"after", StateOf(item.after)}};
    const std::string_view secret = SecretChange(item);
    if (!secret.empty()) entry["secret"] = secret;
    list.push_back(std::move(entry));
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::store
