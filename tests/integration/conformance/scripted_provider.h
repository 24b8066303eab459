// The raw provider of all cases: judges every byte that reaches it, and answers as the case at hand
// says. Its connections outlive cases, as the gateway's pool does.
//
// The test's thread calls it; each connection has a thread of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/integration/conformance/case.h"
#include "tests/integration/conformance/oracle.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {

// One request that is to come, and its answer.
struct Turn {
  ProviderFacts facts;
  ProviderAnswer answer;  // without placeholders
  bool in_pieces = false;
};

// One request that came, for a turn.
struct Visit {
  std::string head;
  std::string body;
  bool whole = false;    // its end has come
  bool settled = false;  // answered, and read to its end or the connection's
  size_t connection = 0;
};

class ScriptedProvider {
 public:
  ScriptedProvider();

  uint16_t port() const { return upstream_.port(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  // Forgets the last case. Requests take the turns in the order in which they are complete (or in
  // which their heads are, where the answer comes that early); one without a turn is a violation.
  // `facts` is how requests are judged that have none.
  void Begin(std::deque<Turn> turns, ProviderFacts facts);
  // Waits until every turn was taken and is settled; whether that happened in time.
  bool WaitUntilSettled();
  std::vector<Visit> visits() const;
  // Requests that ended before they were complete, in the middle of what was to be a turn or not.
  std::vector<Visit> cuts() const;
  // What no request may do, since it was last asked. Empty: nothing.
  std::vector<std::string> TakeViolations();

 private:
  // One connection, from its first byte to its end.
  class Conversation;

  void Blame(const std::string& violation);
  struct VisitId {
    size_t round;
    size_t index;
  };
  // Nothing if there is no turn that fits. `head_only`: only the head of the request has come.
  std::optional<VisitId> TakeTurn(bool head_only, size_t connection, Turn* turn);
  ProviderFacts FactsOfNext() const;
  void Note(VisitId id, const Judgement& judged, const std::string& raw, bool settled);
  size_t round() const;
  // The end of a connection can be seen when its case is over.
  void NoteCut(size_t round, Visit visit);

  mutable absl::Mutex mutex_;
  size_t round_ ABSL_GUARDED_BY(mutex_) = 0;  // counts Begin
  std::deque<Turn> turns_ ABSL_GUARDED_BY(mutex_);
  ProviderFacts facts_ ABSL_GUARDED_BY(mutex_);
  std::vector<Visit> visits_ ABSL_GUARDED_BY(mutex_);
  std::vector<Visit> cuts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);
  RawUpstream upstream_;  // last: its threads use all of the above
};

}  // namespace sluice::test
