#include "tests/integration/conformance/scripted_provider.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "tests/integration/conformance/pieces.h"
#include "tests/integration/conformance/text.h"

namespace sluice::test {
namespace {

// Idle connections stay as long as the gateway keeps them.
constexpr std::chrono::minutes kIdle{10};

}  // namespace

class ScriptedProvider::Conversation {
 public:
  Conversation(ScriptedProvider& owner, RawSocket& socket, size_t index)
      : owner_(owner), socket_(socket), index_(index) {
    const int on = 1;
    setsockopt(socket_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void Run() {
    while (open_ && ServeOne()) {
    }
  }

 private:
  // One request and its answer; false if there is no further one.
  bool ServeOne() {
    raw_.clear();
    judged_ = {};
    visit_.reset();
    while (open_ && !Done() && Read()) {
      if (spent_) return Blamed("a connection was used again that must not be");
      judged_ = Judge(raw_, visit_ ? turn_.facts : owner_.FactsOfNext());
      if (!judged_.violations.empty()) return Blamed("a request with " + judged_.violations[0]);
      if (!visit_ && judged_.head_size > 0 && !Begin()) return false;
    }
    if (visit_) {
      owner_.Note(*visit_, judged_, raw_, true);
    } else if (judged_.head_size > 0) {
      owner_.NoteCut(round_,
                     {raw_.substr(0, judged_.head_size), judged_.body, false, true, index_});
    }
    return open_ && Done();
  }

  bool Whole() const { return judged_.state == Judgement::State::kComplete; }
  bool Done() const { return visit_ && Whole(); }

  // Takes a turn if it is time for that; false if a whole request has none.
  bool Begin() {
    visit_ = owner_.TakeTurn(!Whole(), index_, &turn_);
    if (!visit_) return !Whole() || Blamed("a request that nobody expected");
    owner_.Note(*visit_, judged_, raw_, false);
    Answer(turn_);
    return true;
  }

  bool Blamed(const std::string& what) {
    owner_.Blame(what + ":\n" + Shown(raw_));
    return false;
  }

  // False at the end of the connection.
  bool Read() {
    auto bytes = socket_.ReadSome(64 << 10, Deadline(kIdle));
    open_ = bytes.ok() && !bytes->empty();
    if (open_ && raw_.empty()) round_ = owner_.round();
    if (open_) raw_ += *bytes;
    return open_;
  }

  void Answer(const Turn& turn) {
    const absl::Status sent = Send(socket_, turn.answer.bytes, turn.in_pieces);
    spent_ = turn.answer.spent;
    open_ = sent.ok();
    switch (turn.answer.end) {
      case ProviderEnd::kKeep:
        return;
      case ProviderEnd::kClose:
        socket_.Close();
        break;
      case ProviderEnd::kHalfClose:
        socket_.HalfClose();
        (void)socket_.WaitForEnd();
        break;
      case ProviderEnd::kReset:
        socket_.Reset();
        break;
      case ProviderEnd::kSilent:
        if (!socket_.WaitForEnd().ok()) owner_.Blame("the gateway kept a silent provider for long");
        break;
    }
    open_ = false;
  }

  ScriptedProvider& owner_;
  RawSocket& socket_;
  const size_t index_;
  std::string raw_;
  size_t round_ = 0;  // in which the request began
  Judgement judged_;
  Turn turn_;
  std::optional<VisitId> visit_;
  bool spent_ = false;
  bool open_ = true;
};

ScriptedProvider::ScriptedProvider()
    : upstream_(
          [this](RawSocket& socket, size_t index) { Conversation(*this, socket, index).Run(); }) {}

void ScriptedProvider::Begin(std::deque<Turn> turns, ProviderFacts facts) {
  absl::MutexLock lock(&mutex_);
  ++round_;
  turns_ = std::move(turns);
  facts_ = std::move(facts);
  visits_.clear();
  cuts_.clear();
}

bool ScriptedProvider::WaitUntilSettled() {
  absl::MutexLock lock(&mutex_);
  const auto settled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return turns_.empty() && std::all_of(visits_.begin(), visits_.end(),
                                         [](const Visit& visit) { return visit.settled; });
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&settled), absl::FromChrono(kPatience));
}

std::vector<Visit> ScriptedProvider::visits() const {
  absl::MutexLock lock(&mutex_);
  return visits_;
}

std::vector<Visit> ScriptedProvider::cuts() const {
  absl::MutexLock lock(&mutex_);
  return cuts_;
}

std::vector<std::string> ScriptedProvider::TakeViolations() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(violations_, {});
}

void ScriptedProvider::Blame(const std::string& violation) {
  absl::MutexLock lock(&mutex_);
  violations_.push_back(violation);
}

std::optional<ScriptedProvider::VisitId> ScriptedProvider::TakeTurn(bool head_only,
                                                                    size_t connection, Turn* turn) {
  absl::MutexLock lock(&mutex_);
  if (turns_.empty()) return std::nullopt;
  if (head_only && turns_.front().answer.when != When::kAfterHead) return std::nullopt;
  *turn = std::move(turns_.front());
  turns_.pop_front();
  visits_.emplace_back().connection = connection;
  return VisitId{round_, visits_.size() - 1};
}

ProviderFacts ScriptedProvider::FactsOfNext() const {
  absl::MutexLock lock(&mutex_);
  return turns_.empty() ? facts_ : turns_.front().facts;
}

void ScriptedProvider::Note(VisitId id, const Judgement& judged, const std::string& raw,
                            bool settled) {
  absl::MutexLock lock(&mutex_);
  if (id.round != round_) return;
  Visit& visit = visits_[id.index];
  visit.head = raw.substr(0, judged.head_size);
  visit.body = judged.body;
  visit.whole = judged.state == Judgement::State::kComplete;
  visit.settled = settled;
}

size_t ScriptedProvider::round() const {
  absl::MutexLock lock(&mutex_);
  return round_;
}

void ScriptedProvider::NoteCut(size_t round, Visit visit) {
  absl::MutexLock lock(&mutex_);
  if (round == round_) cuts_.push_back(std::move(visit));
}

}  // namespace sluice::test
