// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_folder.h"

#include <fcntl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/kill_point.h"
#include "nlohmann/json.hpp"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

constexpr char kSpecFile[] = "/spec.textproto";
constexpr char kStatusFile[] = "/status.json";
constexpr char kLockFile[] = "/lock";

constexpr struct {
  RunEnd::Kind kind;
  const char* name;
} kKinds[] = {{RunEnd::Kind::kFinished, "finished"},
              {RunEnd::Kind::kStopped, "stopped"},
              {RunEnd::Kind::kFailed, "failed"}};

std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(stream), {}};
}

// Silent: a spec of another version is simply not the same one.
class IgnoreErrors : public google::protobuf::io::ErrorCollector {
  void AddError(int, google::protobuf::io::ColumnNumber,
                const std::string&) override {}
};

std::optional<ExperimentSpec> ReadSpec(const std::string& folder) {
  const auto text = ReadText(folder + kSpecFile);
  if (!text) return std::nullopt;
  ExperimentSpec spec;
  google::protobuf::TextFormat::Parser parser;
  IgnoreErrors ignore;
  parser.RecordErrorsTo(&ignore);
  if (!parser.ParseFromString(*text, &spec)) return std::nullopt;
  // Fields that are newer than the run have their defaults.
  auto resolved = ResolveSpec(std::move(spec), folder + kSpecFile);
  if (!resolved.ok()) return std::nullopt;
  return *std::move(resolved);
}

absl::Status MakeFolders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("cannot make the folder ", path, ": ", error.message()));
}

// The lock's file descriptor; nothing where another process holds it, unless
// `how` (flock's flags) is to wait for that one.
absl::StatusOr<std::optional<int>> Lock(const std::string& folder,
                                        int how = LOCK_EX | LOCK_NB) {
  const std::string path = folder + kLockFile;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  int error = 0;
  do {
    error = flock(file, how) == 0 ? 0 : errno;
  } while (error == EINTR);
  // ENOLCK, ENOTSUP: a file system without locks. Two processes on one run are
  // then for the user to avoid.
  if (error == 0 || error == ENOLCK || error == ENOTSUP) return file;
  close(file);
  if (error == EWOULDBLOCK) return std::nullopt;
  return absl::ErrnoToStatus(error, absl::StrCat("cannot lock ", path));
}

// A file that is closed, and so unlocked, when this is gone.
class UniqueFile {
 public:
  explicit UniqueFile(int file) : file_(file) {}
  UniqueFile(UniqueFile&& other) noexcept
      : file_(std::exchange(other.file_, -1)) {}
  UniqueFile& operator=(UniqueFile&&) = delete;
  ~UniqueFile() {
    if (file_ >= 0) close(file_);
  }

 private:
  int file_;
};

// Waits, moments, until no other process is choosing a run of this name.
absl::StatusOr<UniqueFile> WaitForTurn(const std::string& parent) {
  RETURN_IF_ERROR(MakeFolders(parent));
  ASSIGN_OR_RETURN(const std::optional<int> lock, Lock(parent, LOCK_EX));
  return UniqueFile(*lock);
}

// The numbers of a name's runs, the newest first.
std::vector<int64_t> Ids(const std::string& parent) {
  std::vector<int64_t> ids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    int64_t id = 0;
    if (name.size() >= 3 && absl::SimpleAtoi(name, &id) && id > 0)
      ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end(), std::greater<>());
  return ids;
}

std::string IdFolder(const std::string& parent, int64_t id) {
  std::string digits = absl::StrCat(id);
  if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
  return absl::StrCat(parent, "/", digits);
}

}  // namespace

absl::StatusOr<RunFolder> RunFolder::Open(const ExperimentSpec& spec,
                                          const std::string& out,
                                          const std::string& resume) {
  const std::string parent = absl::StrCat(out, "/", spec.name());
  if (resume == "auto") {
    // One command at a time looks and decides, else two that start together
    // would both find nothing and train the same run twice.
    ASSIGN_OR_RETURN(const UniqueFile deciding, WaitForTurn(parent));
    ASSIGN_OR_RETURN(auto unfinished, Unfinished(spec, parent));
    if (unfinished) return *std::move(unfinished);
    return New(spec, parent);
  }
  if (resume == "never") return New(spec, parent);
  for (const std::string& path : {absl::StrCat(parent, "/", resume),
                                  absl::StrCat(out, "/", resume), resume}) {
    std::error_code error;
    if (fs::exists(path + kSpecFile, error)) {
      return Existing(spec, fs::absolute(path).lexically_normal().string());
    }
  }
  return absl::NotFoundError(
      absl::StrCat("--resume=", resume, ": no such run; looked in ", parent,
                   " and ", out, " (auto, never, an id like 001, a run like ",
                   spec.name(), "/001, or a path)"));
}

absl::StatusOr<RunFolder> RunFolder::New(const ExperimentSpec& spec,
                                         const std::string& parent) {
  RETURN_IF_ERROR(MakeFolders(parent));
  std::error_code error;
  const std::vector<int64_t> ids = Ids(parent);
  for (int64_t id = ids.empty() ? 1 : ids.front() + 1;; ++id) {
    const std::string path = IdFolder(parent, id);
    if (fs::create_directory(path, error)) {
      ASSIGN_OR_RETURN(const std::optional<int> lock, Lock(path));
      // Somebody with --resume=<this id> was faster; leave it to them.
      if (!lock) continue;
      RunFolder folder(path, /*resumed=*/false, *lock);
      RETURN_IF_ERROR(WriteFileAtomically(path + kSpecFile, SpecToText(spec)));
      return folder;
    }
    if (error) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot make the folder ", path, ": ", error.message()));
    }
  }
}

absl::StatusOr<std::optional<RunFolder>> RunFolder::Unfinished(
    const ExperimentSpec& spec, const std::string& parent) {
  const std::string hash = SpecHash(spec);
  for (const int64_t id : Ids(parent)) {
    const std::string path = IdFolder(parent, id);
    const auto saved = ReadSpec(path);
    if (!saved || SpecHash(*saved) != hash) continue;
    ASSIGN_OR_RETURN(const std::optional<int> lock, Lock(path));
    const auto end = ReadRunEnd(path);
    const bool finished = end && end->kind == RunEnd::Kind::kFinished;
    if (!lock) {
      if (finished) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          path,
          ": another process is training this spec and seed; wait for "
          "it, or begin a second run with --resume=never"));
    }
    RunFolder folder(path, /*resumed=*/true, *lock);
    if (!finished) return folder;
  }
  return std::nullopt;
}

absl::StatusOr<RunFolder> RunFolder::Existing(const ExperimentSpec& spec,
                                              const std::string& path) {
  const auto saved = ReadSpec(path);
  if (!saved) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, kSpecFile, ": cannot be read as a spec of this version"));
  }
  if (SpecHash(*saved) != SpecHash(spec)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " ran another spec (its value -> this one's):\n  ",
                     absl::StrJoin(DiffSpecs(*saved, spec), "\n  ")));
  }
  ASSIGN_OR_RETURN(const std::optional<int> lock, Lock(path));
  if (!lock) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": another process trains in this folder"));
  }
  RunFolder folder(path, /*resumed=*/true, *lock);
  const auto end = ReadRunEnd(path);
  if (end && end->kind == RunEnd::Kind::kFinished) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": is finished (", end->step,
                     " steps); --resume=never starts anew"));
  }
  return folder;
}

RunFolder::RunFolder(std::string path, bool resumed, int lock)
    : path_(std::move(path)), resumed_(resumed), lock_(lock) {
  const fs::path parts(path_);
  run_ = (parts.parent_path().filename() / parts.filename()).string();
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      run_(std::move(other.run_)),
      resumed_(other.resumed_),
      lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::Status RunFolder::MarkEnded(const RunEnd& end) const {
  nlohmann::ordered_json json;
  for (const auto& [kind, name] : kKinds) {
    if (kind == end.kind) json["status"] = name;
  }
  json["step"] = end.step;
  json["reason"] = end.reason;
  const std::string text = json.dump(2) + "\n";
  return WriteFileAtomically(path_ + kStatusFile, {absl::MakeConstSpan(text)},
                             PassKillPoint);
}

std::optional<RunEnd> ReadRunEnd(const std::string& path) {
  const auto text = ReadText(path + kStatusFile);
  if (!text) return std::nullopt;
  const auto json =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("status")) return std::nullopt;
  for (const auto& [kind, name] : kKinds) {
    if (json["status"] != name) continue;
    RunEnd end{kind, 0, ""};
    if (json.contains("step") && json["step"].is_number_integer()) {
      end.step = json["step"];
    }
    if (json.contains("reason") && json["reason"].is_string()) {
      end.reason = json["reason"];
    }
    return end;
  }
  return std::nullopt;
}

std::vector<std::string> ListRunFolders(const std::string& out,
                                        const std::string& name) {
  const std::string parent = absl::StrCat(out, "/", name);
  std::vector<std::string> folders;
  for (const int64_t id : Ids(parent)) {
    folders.push_back(IdFolder(parent, id));
  }
  return folders;
}

std::optional<std::string> ReadRunSpecHash(const std::string& path) {
  const auto spec = ReadSpec(path);
  if (!spec) return std::nullopt;
  return SpecHash(*spec);
}

bool IsRunFolderHeld(const std::string& path) {
  std::error_code error;
  // Asking must not make the file.
  if (!fs::exists(path + kLockFile, error)) return false;
  const auto lock = Lock(path);
  if (!lock.ok()) return false;
  if (!*lock) return true;
  close(**lock);
  return false;
}

}  // namespace snclr
