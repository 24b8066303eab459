#include "common/wire/reference_check.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"

namespace sluice::wire {
namespace {

using config::v1::SecretReference;

constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxTextBytes = 4096;
constexpr int kMaxWords = 64;

bool IsVariableName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && !absl::ascii_isdigit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

bool IsText(std::string_view text) {
  return text.size() <= kMaxTextBytes && text.find('\0') == std::string_view::npos;
}

bool IsAbsolutePath(std::string_view path) { return path.starts_with('/') && IsText(path); }

void CheckCommand(const SecretReference::Command& command, ViolationList* list) {
  if (command.argv().empty() || !IsAbsolutePath(command.argv(0))) {
    list->Add("reference.exec does not begin with the absolute path of a program");
  }
  if (command.argv_size() > kMaxWords) {
    list->Add("reference.exec has ", command.argv_size(), " words, but may have at most ",
              kMaxWords);
  }
  if (!std::all_of(command.argv().begin(), command.argv().end(), IsText)) {
    list->Add("reference.exec has a word of more than ", kMaxTextBytes, " bytes or with a NUL");
  }
}

}  // namespace

void CheckReference(const SecretReference& reference, ViolationList* list) {
  switch (reference.from_case()) {
    case SecretReference::kEnv:
      if (!IsVariableName(reference.env())) {
        list->Add("reference.env is not the name of an environment variable");
      }
      return;
    case SecretReference::kFile:
      if (!IsAbsolutePath(reference.file())) list->Add("reference.file is not an absolute path");
      return;
    case SecretReference::kExec:
      CheckCommand(reference.exec(), list);
      return;
    case SecretReference::FROM_NOT_SET:
      list->Add("reference leads nowhere: it needs one of env, file and exec");
      return;
  }
}

}  // namespace sluice::wire
