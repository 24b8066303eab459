#include "dataplane/upstream/library.h"

#include <curl/curl.h>

namespace sluice::upstream {

absl::Status InitialiseLibrary() {
  CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code == CURLE_OK) return absl::OkStatus();
  return absl::InternalError(std::string("libcurl could not be initialised: ") +
                             curl_easy_strerror(code));
}

}  // namespace sluice::upstream
