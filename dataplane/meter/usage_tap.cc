#include "dataplane/meter/usage_tap.h"

#include "dataplane/meter/usage_watch.h"

namespace sluice::meter {

UsageTap::UsageTap(catalog::UsageDialect dialect, const AnswerForm& form, DecodingBudget& budget)
    : dialect_(dialect),
      form_(form),
      reading_(dialect),
      scan_(WatchesOf(dialect),
            form.layout == Layout::kLines ? JsonScan::FaultEnds::kAtLineEnd
                                          : JsonScan::FaultEnds::kNever,
            reading_),
      split_(*this),
      decoder_(Decoder::For(form.coding, budget)) {
  blind_ = form.coding != Coding::kIdentity && decoder_ == nullptr;
}

void UsageTap::Feed(std::string_view bytes) {
  if (blind_) return;
  if (decoder_ == nullptr) return Read(bytes);
  if (decoder_->Decode(bytes, [this](std::string_view decoded) { Read(decoded); })) return;
  blind_ = true;
  decoder_.reset();
}

void UsageTap::Read(std::string_view decoded) {
  if (form_.layout == Layout::kEvents) {
    split_.Feed(decoded);
  } else {
    scan_.Feed(decoded);
  }
}

bool UsageTap::ReadToItsEnd(bool whole) const {
  // What follows says nothing more, whether it was seen or not.
  if (reading_.saw_end() || split_.saw_done()) return true;
  if (!whole || blind_) return false;
  if (form_.layout != Layout::kEvents) return scan_.idle() && !scan_.faulty();
  // These always say so; a stream that ends without has broken off.
  return dialect_ != catalog::UsageDialect::kAnthropic;
}

Usage UsageTap::End(bool whole) const { return reading_.Settle(ReadToItsEnd(whole)); }

}  // namespace sluice::meter
