#include "dataplane/policy/glob.h"

#include <cstddef>
#include <vector>

namespace sluice::policy {
namespace {

struct Element {
  enum class Kind { kByte, kOne, kRun, kAnyRun };
  Kind kind = Kind::kByte;
  char byte = '\0';

  bool IsRun() const { return kind == Kind::kRun || kind == Kind::kAnyRun; }
  bool Takes(char c) const {
    switch (kind) {
      case Kind::kByte:
        return c == byte;
      case Kind::kOne:
      case Kind::kRun:
        return c != '/';
      case Kind::kAnyRun:
        return true;
    }
    return false;
  }
};

std::vector<Element> ElementsOf(std::string_view glob) {
  std::vector<Element> elements;
  for (size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] == '*') {
      const bool any = i + 1 < glob.size() && glob[i + 1] == '*';
      elements.push_back({any ? Element::Kind::kAnyRun : Element::Kind::kRun});
      if (any) ++i;
    } else {
      elements.push_back({glob[i] == '?' ? Element::Kind::kOne : Element::Kind::kByte, glob[i]});
    }
  }
  return elements;
}

// Which elements the next byte may belong to. [elements.size()]: the glob is complete.
class Places {
 public:
  explicit Places(const std::vector<Element>& elements)
      : elements_(elements), at_(elements.size() + 1) {
    Enter(at_, 0);
  }

  void Take(char c) {
    std::vector<bool> next(at_.size());
    for (size_t i = 0; i < elements_.size(); ++i) {
      if (at_[i] && elements_[i].Takes(c)) Enter(next, elements_[i].IsRun() ? i : i + 1);
    }
    at_.swap(next);
  }
  bool complete() const { return at_.back(); }

 private:
  // A run may be empty.
  void Enter(std::vector<bool>& places, size_t i) const {
    for (; !places[i]; ++i) {
      places[i] = true;
      if (i == elements_.size() || !elements_[i].IsRun()) return;
    }
  }

  const std::vector<Element>& elements_;
  std::vector<bool> at_;
};

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view text) {
  // Most differ early, and most have no wildcard but at their end.
  size_t plain = 0;
  while (plain < glob.size() && glob[plain] != '*' && glob[plain] != '?') {
    if (plain == text.size() || glob[plain] != text[plain]) return false;
    ++plain;
  }
  if (plain == glob.size()) return plain == text.size();
  const std::vector<Element> elements = ElementsOf(glob.substr(plain));
  Places places(elements);
  for (const char c : text.substr(plain)) places.Take(c);
  return places.complete();
}

}  // namespace sluice::policy
