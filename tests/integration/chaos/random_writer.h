// Writes at full speed what its random numbers say, and knows what must be there afterwards: what
// was acknowledged, and where an answer was lost, what was or what would have been.
//
// One thread runs it; the counts are for any. Several write at once, each to resources of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/admin/admin_client.h"

namespace sluice::test {

// Of each resource what it is, as text. What is not in it does not exist.
using Facts = std::map<std::string, std::string>;
// As the control plane has them.
absl::StatusOr<Facts> FactsOf(AdminClient& admin);

class RandomWriter {
 public:
  // `open`: a fresh connection to the control plane.
  using Open = std::function<absl::StatusOr<std::unique_ptr<AdminClient>>()>;
  RandomWriter(int number, uint64_t seed, Open open);

  // One write, tried once.
  void Step();
  int64_t acknowledged() const { return acknowledged_.load(); }
  int64_t lost() const { return lost_.load(); }

  // After the last Step.
  // A line for each resource that is not as it must be.
  std::vector<std::string> Differences(const Facts& facts) const;
  // What a control plane answered that it should not have.
  const std::vector<std::string>& unexpected() const { return unexpected_; }
  // Texts of keys that are surely valid, or surely revoked.
  std::vector<std::string> Texts(bool revoked) const;

 private:
  struct Write {
    std::string resource;
    std::string outcome;  // the resource's fact, empty: it is gone
    std::function<absl::Status(AdminClient&)> call;
  };

  Write Choose();
  Write CreateKey();
  Write LabelKey(const std::string& name);
  Write RevokeKey(const std::string& name);
  Write CreateProvider();
  Write MoveProvider(const std::string& name);
  Write DeleteProvider(const std::string& name);
  Write ChangeSettings();
  // A resource of that kind that surely is, and is not revoked; empty if there is none.
  std::string Pick(const std::string& kind);
  uint64_t Random(uint64_t below) { return random_() % below; }

  const std::string prefix_;
  const Open open_;
  std::mt19937_64 random_;
  std::unique_ptr<AdminClient> admin_;
  int next_ = 0;
  // Of each resource the facts that are possible.
  std::map<std::string, std::set<std::string>> possible_;
  std::map<std::string, std::string> texts_;  // of keys
  std::vector<std::string> unexpected_;
  std::atomic<int64_t> acknowledged_{0};
  std::atomic<int64_t> lost_{0};
};

}  // namespace sluice::test
