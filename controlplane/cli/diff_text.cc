#include "controlplane/cli/diff_text.h"

#include <string>
#include <string_view>

#include "common/base/text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

using admin::v1::FieldDiff;
using admin::v1::ResourceDiff;

std::string_view Sign(ResourceDiff::Action action) {
  switch (action) {
    case ResourceDiff::CREATED:
      return "+";
    case ResourceDiff::DELETED:
      return "-";
    default:
      return "~";
  }
}

std::string FieldLine(const ResourceDiff& resource, const FieldDiff& field) {
  const std::string name = base::Cat("    ", Printable(field.field()), ": ");
  const bool shown = !field.before().empty() || !field.after().empty();
  if (!shown) return base::Cat(name, "(a secret, not shown)");
  const std::string before = Printable(field.before());
  const std::string after = Printable(field.after());
  if (resource.action() == ResourceDiff::CREATED) return base::Cat(name, after);
  if (resource.action() == ResourceDiff::DELETED) return base::Cat(name, before);
  return base::Cat(name, before.empty() ? "(not set)" : before, " -> ",
                   after.empty() ? "(not set)" : after);
}

}  // namespace

void PrintDiffs(const google::protobuf::RepeatedPtrField<ResourceDiff>& diffs, std::ostream& out) {
  for (const ResourceDiff& resource : diffs) {
    const bool named = resource.name() != resource.kind();
    out << Sign(resource.action()) << ' ' << resource.kind()
        << (named ? base::Cat(" ", Printable(resource.name())) : "") << '\n';
    for (const FieldDiff& field : resource.fields()) out << FieldLine(resource, field) << '\n';
  }
}

}  // namespace sluice::cli
