// A folder of its own for one test, removed with everything in it when the object ends. One thread.
#pragma once

#include <string>

namespace sluice::test {

class TempFolder {
 public:
  // Ends the program with a sentence if no folder can be made: no test can go on without.
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  // False if the file could not be written whole.
  bool Write(const std::string& name, const std::string& bytes) const;
  // Leaves the folder where it is, to look at it after a failure.
  void Keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

}  // namespace sluice::test
