#include "tests/support/temp_folder.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace sluice::test {

TempFolder::TempFolder() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/sluice-test-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror(("cannot make a temporary folder like " + path_).c_str());
    std::abort();
  }
}

TempFolder::~TempFolder() {
  if (kept_) return;
  std::error_code ignored;  // what stays behind in /tmp fails no test
  std::filesystem::remove_all(path_, ignored);
}

bool TempFolder::Write(const std::string& name, const std::string& bytes) const {
  std::ofstream file(File(name), std::ios::binary | std::ios::trunc);
  file << bytes;
  return file.flush().good();
}

}  // namespace sluice::test
