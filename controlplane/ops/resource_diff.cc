#include "controlplane/ops/resource_diff.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "common/base/text.h"

namespace sluice::ops {
namespace {

using nlohmann::json;
using store::ResourceKind;
using store::ResourceSpan;

json BodyOf(ResourceKind kind, const std::optional<ResourceSpan::State>& state) {
  if (!state) return json::object();
  return json::parse(store::BodyJson(kind, state->body), nullptr, false);
}

std::string NameIn(ResourceKind kind, const json& body, const std::string& id) {
  switch (kind) {
    case ResourceKind::kProviderKey:
      return store::ProviderKeyName(body.value("provider", ""), body.value("name", ""));
    case ResourceKind::kClientKey:
      return body.value("name", "");
    default:
      return id;
  }
}

void AddField(const std::string& field, const std::string& before, const std::string& after,
              admin::v1::ResourceDiff* diff) {
  admin::v1::FieldDiff* entry = diff->add_fields();
  entry->set_field(field);
  entry->set_before(before);
  entry->set_after(after);
}

json MemberOf(const json& object, const std::string& name) {
  return object.is_object() ? object.value(name, json()) : json();
}

// Goes down into objects; lists are compared whole. Either may be null for "not set".
void Compare(const std::string& path, const json& before, const json& after,
             admin::v1::ResourceDiff* diff) {
  if (before == after) return;
  const bool descend =
      (before.is_object() || before.is_null()) && (after.is_object() || after.is_null());
  if (!descend) {
    AddField(path, before.is_null() ? "" : before.dump(), after.is_null() ? "" : after.dump(),
             diff);
    return;
  }
  std::set<std::string> names;
  for (const json* side : {&before, &after}) {
    for (const auto& [name, value] : side->items()) names.insert(name);
  }
  for (const std::string& name : names) {
    Compare(path.empty() ? name : base::Cat(path, ".", name), MemberOf(before, name),
            MemberOf(after, name), diff);
  }
}

admin::v1::ResourceDiff::Action ActionOf(const ResourceSpan& span) {
  // There always are settings; without a row they are the defaults.
  if (span.kind == ResourceKind::kSettings) return admin::v1::ResourceDiff::CHANGED;
  if (!span.before) return admin::v1::ResourceDiff::CREATED;
  return span.after ? admin::v1::ResourceDiff::CHANGED : admin::v1::ResourceDiff::DELETED;
}

std::string MaterialOf(const std::optional<ResourceSpan::State>& state) {
  return state ? state->material : "";
}

}  // namespace

admin::v1::ResourceDiff DescribeSpan(const ResourceSpan& span) {
  const json before = BodyOf(span.kind, span.before);
  const json after = BodyOf(span.kind, span.after);
  admin::v1::ResourceDiff diff;
  diff.set_kind(std::string(store::KindName(span.kind)));
  diff.set_id(span.id);
  diff.set_name(NameIn(span.kind, span.after ? after : before, span.id));
  diff.set_action(ActionOf(span));
  Compare("", before, after, &diff);
  if (MaterialOf(span.before) != MaterialOf(span.after)) AddField("secret", "", "", &diff);
  return diff;
}

}  // namespace sluice::ops
