#include "controlplane/master_key_source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "common/base/text.h"

namespace sluice::controlplane {
namespace {

constexpr char kVariable[] = "SLUICE_MASTER_KEY";
constexpr char kCredentials[] = "CREDENTIALS_DIRECTORY";
constexpr char kCredentialName[] = "/master.key";

// Empty if it is not set. Wiped where it stands: else /proc would show it as long as we run.
base::Secret TakeVariable() {
  char* value = getenv(kVariable);
  if (value == nullptr) return base::Secret();
  base::Secret taken{std::string_view(value)};
  base::Wipe(value, strlen(value));
  unsetenv(kVariable);
  return taken;
}

}  // namespace

absl::Status FindMasterKeys(bool file_given, StorePaths* paths) {
  base::Secret taken = TakeVariable();
  if (!taken.empty()) {
    if (file_given) {
      return absl::FailedPreconditionError(base::Cat(
          "the master key is given twice, by --master-key-file and by ", kVariable, ": unset one"));
    }
    paths->master_key_text = std::make_shared<const base::Secret>(std::move(taken));
    return absl::OkStatus();
  }
  const char* folder = getenv(kCredentials);
  if (file_given || folder == nullptr || *folder == '\0') return absl::OkStatus();
  const std::string credential = base::Cat(folder, kCredentialName);
  if (access(credential.c_str(), F_OK) == 0) paths->master_key_file = credential;
  return absl::OkStatus();
}

absl::StatusOr<sealing::MasterKeys> ReadMasterKeys(const StorePaths& paths) {
  if (paths.master_key_text == nullptr) return sealing::ReadMasterKeys(paths.master_key_file);
  return sealing::MasterKeys::Parse(paths.master_key_text->Reveal(),
                                    base::Cat("the variable ", kVariable));
}

std::string MasterKeyPlace(const StorePaths& paths) {
  return paths.master_key_text == nullptr ? paths.master_key_file
                                          : base::Cat("the variable ", kVariable);
}

}  // namespace sluice::controlplane
