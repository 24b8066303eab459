#include "dataplane/upstream/library.h"

#include <curl/curl.h>

namespace sluice::upstream {

absl::Status InitialiseLibrary() {
  CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code == CURLE_OK) return absl::OkStatus();
  return absl::InternalError(std::string("libcurl could not be initialised: ") +
                             curl_easy_strerror(code));
}

absl::StatusOr<std::unique_ptr<crypto::TrustStore>> LoadAuthorities() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  if (info->cainfo == nullptr) return absl::NotFoundError("libcurl names no file of authorities");
  return crypto::TrustStore::Load(info->cainfo);
}

}  // namespace sluice::upstream
