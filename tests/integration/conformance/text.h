// The placeholders of a case's texts.
//
//   {KEY} {NARROW_KEY} {EXPIRED_KEY} {REVOKED_KEY} {DISABLED_KEY} {STRANGE_KEY}   client keys; see
//       world.cc
//   {UPSTREAM}   host and port of the raw provider, {PORT} its port
//   {ID}         where text is compared: a request id that the gateway made, the same at all places
//       of one case
//   {LENGTH}     where text is compared: the length of the body that follows
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sluice::test {

using Names = std::map<std::string, std::string>;  // placeholder with its braces, value

// `text` with every name replaced.
std::string Filled(std::string text, const Names& names);

// How `actual` differs from `pattern`, for people; empty if it does not. `names` takes the {ID}
// when it is met first. {LENGTH} must be `length`.
std::string Difference(std::string_view pattern, std::string_view actual, size_t length,
                       Names& names);

// Printable, with \r, \n and \x escapes, shortened in the middle.
std::string Shown(std::string_view bytes);

// The name of a case as the name of a test.
std::string TestNameOf(const std::string& case_name);

}  // namespace sluice::test
