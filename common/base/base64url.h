// base64url of RFC 4648 as RFC 7515 wants it: without padding. Strict: each text has one meaning,
// and each sequence of bytes one text. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::base {

// Nothing for padding, white space, other characters, an impossible length or bits left over.
std::optional<std::string> DecodeBase64Url(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);

}  // namespace sluice::base
