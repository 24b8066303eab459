// Messages as client libraries and providers write them.
#pragma once

#include <cstddef>
#include <string>

#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {

// Of a client that sends `key`. Eight of them make a head of about 400 bytes; what is more, up to
// `count`, is the client's own.
policy::Fields ClientFields(const std::string& key, size_t count);
// Of a POST to /p/openai/v1/chat/completions with that many fields.
std::string RequestText(const std::string& key, size_t count);

// The head of a stream of events: twelve fields and the framing.
std::string AnswerText();

}  // namespace sluice::bench
