// Gemini's resumable upload: the start answers with a URL of the emulator itself, to which the
// bytes go in one or several requests; "finalize" makes a file of them. Uploading twice at once to
// one URL is not defined, as with the provider.
#include <memory>
#include <utility>

#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json FileJson(const Request& request, const StoredFile& file) {
  const std::string name = Cat("files/", file.key);
  const std::string host(request.head.Find("Host").value_or("localhost"));
  return {{"name", name},
          {"displayName", file.name},
          {"mimeType", file.type.empty() ? "application/octet-stream" : file.type},
          {"sizeBytes", std::to_string(file.bytes)},
          {"createTime", kCreatedText},
          {"updateTime", kCreatedText},
          {"sha256Hash", Base64(file.sha256)},  // of the hexadecimal text
          {"uri", Cat("http://", host, "/v1beta/", name)},
          {"downloadUri", Cat("http://", host, "/v1beta/", name, ":download?alt=media")},
          {"state", "ACTIVE"},
          {"source", "UPLOADED"}};
}

Answer Start(const Request& request, FileStore& files) {
  auto upload = std::make_shared<FileUpload>();
  const Json body = BodyObject(request);
  if (const auto file = body.find("file"); file != body.end() && file->is_object()) {
    upload->name = file->value("displayName", file->value("display_name", ""));
    upload->type = file->value("mimeType", file->value("mime_type", ""));
  }
  if (upload->type.empty())
    upload->type = request.head.Find("X-Goog-Upload-Header-Content-Type").value_or("");
  const std::string id = files.OpenSession(std::move(upload));
  const std::string url = Cat("http://", request.head.Find("Host").value_or("localhost"),
                              request.head.Path(), "?upload_id=", id, "&upload_protocol=resumable");
  Answer answer = TextAnswer(200, "text/plain; charset=utf-8", "");
  answer.Set("X-GUploader-UploadID", id);
  answer.Set("X-Goog-Upload-Status", "active");
  answer.Set("X-Goog-Upload-URL", url);
  answer.Set("X-Goog-Upload-Control-URL", url);
  answer.Set("X-Goog-Upload-Chunk-Granularity", "262144");
  return answer;
}

Answer Continue(const Request& request, const std::string& id, FileStore& files) {
  const auto upload = files.Session(id);
  if (upload == nullptr) return ErrorAnswer(Shape::kGemini, 404, Cat("There is no upload ", id));
  const std::string command = LowerCase(request.head.Find("X-Goog-Upload-Command").value_or(""));
  if (!Contains(command, "finalize")) {
    Answer answer = TextAnswer(200, "text/plain; charset=utf-8", "");
    answer.Set("X-Goog-Upload-Status", "active");
    answer.Set("X-Goog-Upload-Size-Received", std::to_string(upload->bytes()));
    return answer;
  }
  files.CloseSession(id);
  const StoredFile file = upload->Finish();
  files.Put(file);
  Answer answer = Ok({{"file", FileJson(request, file)}});
  answer.Set("X-Goog-Upload-Status", "final");
  return answer;
}

Answer Files(const Request& request, FileStore& files) {
  if (request.route.endpoint == Endpoint::kFiles) {
    Json list = Json::array();
    for (const StoredFile& file : files.List()) list.push_back(FileJson(request, file));
    return Ok({{"files", std::move(list)}});
  }
  const std::string& id = request.route.argument;
  const auto file = files.Find(id);
  if (!file) return ErrorAnswer(Shape::kGemini, 404, Cat("There is no file ", id));
  if (request.head.method != "DELETE") return Ok(FileJson(request, *file));
  files.Delete(id);
  return Ok(Json::object());
}

}  // namespace

Answer GeminiUpload(const Request& request, FileStore& files) {
  if (request.route.endpoint != Endpoint::kUpload) return Files(request, files);
  if (const auto id = QueryParameter(request.head.target, "upload_id"))
    return Continue(request, *id, files);
  if (LowerCase(request.head.Find("X-Goog-Upload-Protocol").value_or("")) == "resumable")
    return Start(request, files);
  return ErrorAnswer(Shape::kGemini, 400, "Only X-Goog-Upload-Protocol: resumable is emulated.");
}

}  // namespace sluice::emulator
