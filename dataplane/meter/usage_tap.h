// Looks on while an answer goes by, and says at its end what it used. Told of a copy: it alters and
// delays nothing. Its memory does not depend on the size of the answer or of its parts: a few
// hundred bytes, and a Decoder if the answer is compressed. One thread.
#pragma once

#include <memory>
#include <string_view>

#include "common/catalog/usage_dialect.h"
#include "dataplane/meter/answer_form.h"
#include "dataplane/meter/decoder.h"
#include "dataplane/meter/event_split.h"
#include "dataplane/meter/json_scan.h"
#include "dataplane/meter/usage.h"
#include "dataplane/meter/usage_reading.h"

namespace sluice::meter {

class UsageTap final : private EventSplit::Reader {
 public:
  // Whether there is anything to look for.
  static bool CanRead(catalog::UsageDialect dialect, const AnswerForm& form) {
    return dialect != catalog::UsageDialect::kNone && form.readable();
  }

  // For what CanRead. `budget` outlives it.
  UsageTap(catalog::UsageDialect dialect, const AnswerForm& form, DecodingBudget& budget);
  UsageTap(const UsageTap&) = delete;
  UsageTap& operator=(const UsageTap&) = delete;

  // The next bytes of the answer's body, compressed as they are.
  void Feed(std::string_view bytes);
  // `whole`: the answer has come to its end.
  Usage End(bool whole) const;

 private:
  void OnData(std::string_view bytes) override { scan_.Feed(bytes); }
  void OnEventEnd() override { scan_.Restart(); }
  void Read(std::string_view decoded);
  bool ReadToItsEnd(bool whole) const;

  const catalog::UsageDialect dialect_;
  const AnswerForm form_;
  bool blind_ = false;  // what comes cannot be decoded any more
  UsageReading reading_;
  JsonScan scan_;
  EventSplit split_;
  std::unique_ptr<Decoder> decoder_;  // null: not compressed
};

}  // namespace sluice::meter
