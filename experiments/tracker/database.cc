// SPDX-License-Identifier: MIT
#include "experiments/tracker/database.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::StatusCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_NOTADB:
      return absl::StatusCode::kInvalidArgument;
    case SQLITE_CORRUPT:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

// The handle's last error, with the system's reason where there is one.
absl::Status ErrorOf(sqlite3* handle, const std::string& path) {
  const int result = sqlite3_extended_errcode(handle);
  if ((result & 0xff) == SQLITE_NOTADB) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is no database"));
  }
  if ((result & 0xff) == SQLITE_BUSY) {
    return absl::UnavailableError(
        absl::StrCat(path, ": another process keeps the database locked"));
  }
  std::string message = absl::StrCat(path, ": ", sqlite3_errmsg(handle));
  const int system = sqlite3_system_errno(handle);
  const bool is_system = (result & 0xff) == SQLITE_CANTOPEN ||
                         (result & 0xff) == SQLITE_IOERR ||
                         (result & 0xff) == SQLITE_FULL;
  if (is_system && system != 0) {
    absl::StrAppend(&message, " (", std::strerror(system), ")");
  }
  // A write beyond a quota or a file size limit is an I/O error to SQLite.
  if (is_system && (system == ENOSPC || system == EDQUOT || system == EFBIG)) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::Status(CodeOf(result), message);
}

bool IsInMemory(const std::string& path) { return path == ":memory:"; }

// The kinds whose mapped files are not shared between machines.
bool IsOnNetwork(const std::string& path) {
  struct statfs info;
  const std::string folder = std::filesystem::path(path).parent_path();
  if (statfs(folder.empty() ? "." : folder.c_str(), &info) != 0) return false;
  constexpr uint32_t kCifs = 0xFF534D42;
  constexpr uint32_t kLustre = 0x0BD00BD0;
  constexpr uint32_t kGpfs = 0x47504653;
  constexpr uint32_t kBeegfs = 0x19830326;
  // sshfs, GlusterFS and their kin; a local one loses little without WAL.
  constexpr uint32_t kFuse = 0x65735546;
  switch (static_cast<uint32_t>(info.f_type)) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case CEPH_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case V9FS_MAGIC:
    case kCifs:
    case kLustre:
    case kGpfs:
    case kBeegfs:
    case kFuse:
      return true;
    default:
      return false;
  }
}

// What SQLite itself would only call "unable to open database file".
absl::Status CheckPath(const std::string& path, OpenMode mode) {
  namespace fs = std::filesystem;
  if (path.empty()) {
    return absl::InvalidArgumentError("the path of the database is empty");
  }
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder, wanted a database file"));
  }
  if (mode == OpenMode::kRead) {
    if (fs::exists(path, error)) return absl::OkStatus();
    return absl::NotFoundError(
        absl::StrCat(path, ": ", error ? error.message() : "no such file"));
  }
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) return absl::OkStatus();
  fs::create_directories(folder, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": its folder cannot be made: ", error.message()));
  }
  return absl::OkStatus();
}

// In a read-only folder SQLite can't make the shared memory that a WAL database
// asks for; where no writer left a journal, the file alone is the whole truth.
std::string ReadOnlyUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      absl::StrAppend(&uri, "%", absl::Hex(static_cast<unsigned char>(c)));
    } else {
      uri += c;
    }
  }
  absl::StrAppend(&uri, "?mode=ro");
  const std::string folder = std::filesystem::path(path).parent_path();
  struct stat journal;
  const bool folder_is_read_only =
      access(folder.empty() ? "." : folder.c_str(), W_OK) != 0;
  if (folder_is_read_only && stat((path + "-wal").c_str(), &journal) != 0) {
    absl::StrAppend(&uri, "&immutable=1");
  }
  return uri;
}

}  // namespace

Statement::Statement(sqlite3_stmt* statement, std::string path)
    : statement_(statement), path_(std::move(path)) {}

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  status_ = absl::OkStatus();
}

bool Statement::Next() {
  if (!status_.ok()) return false;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) {
    status_ = ErrorOf(sqlite3_db_handle(statement_.get()), path_);
  }
  sqlite3_reset(statement_.get());
  return false;
}

absl::Status Statement::Finish() {
  while (Next()) {
  }
  return status_;
}

int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::Real(int column) const {
  if (IsNull(column)) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(
      sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return "";
  return std::string(text, sqlite3_column_bytes(statement_.get(), column));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::Bind(int index, std::nullptr_t) {
  sqlite3_bind_null(statement_.get(), index);
}

void Statement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void Statement::Bind(int index, double value) {
  if (std::isnan(value)) return Bind(index, nullptr);
  sqlite3_bind_double(statement_.get(), index, value);
}

void Statement::Bind(int index, absl::string_view value) {
  // A null pointer would bind NULL where an empty text is meant.
  const int result = sqlite3_bind_text64(
      statement_.get(), index, value.empty() ? "" : value.data(), value.size(),
      SQLITE_TRANSIENT, SQLITE_UTF8);
  if (result != SQLITE_OK) {
    status_ = ErrorOf(sqlite3_db_handle(statement_.get()), path_);
  }
}

Database::Database(sqlite3* handle, std::string path)
    : handle_(handle), path_(std::move(path)) {}

void Database::Closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

absl::StatusOr<Database> Database::Open(const std::string& path, OpenMode mode,
                                        absl::Duration busy_timeout) {
  const bool writes = mode == OpenMode::kWrite;
  if (!IsInMemory(path)) {
    RETURN_IF_ERROR(CheckPath(path, mode));
  }
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                    : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  const int result = sqlite3_open_v2(
      (writes ? path : ReadOnlyUri(path)).c_str(), &handle, flags, nullptr);
  Database database(handle, path);  // SQLite wants it closed after errors too
  if (handle == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
  }
  if (result != SQLITE_OK) return ErrorOf(handle, path);
  sqlite3_busy_timeout(handle, absl::ToInt64Milliseconds(busy_timeout));
  // Two processes that make the same file meet here, and SQLite does not wait
  // for the lock that the change of the journal's kind takes.
  const absl::Time give_up = absl::Now() + busy_timeout;
  while (true) {
    const absl::Status status = database.Configure(mode);
    if (status.ok()) break;
    if (!absl::IsUnavailable(status) || absl::Now() > give_up) return status;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return database;
}

absl::Status Database::Configure(OpenMode mode) {
  RETURN_IF_ERROR(Execute("PRAGMA foreign_keys=ON"));
  if (mode == OpenMode::kRead || IsInMemory(path_)) {
    // The first look at the file: whether it is a database at all.
    return Integer("SELECT COUNT(*) FROM sqlite_master").status();
  }
  if (sqlite3_db_readonly(handle_.get(), "main") == 1) {
    return absl::PermissionDeniedError(
        absl::StrCat(path_, ": may not be written"));
  }
  return Execute(IsOnNetwork(path_)
                     ? "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL"
                     : "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
}

absl::Status Database::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    return ErrorOf(handle_.get(), path_);
  }
  return absl::OkStatus();
}

absl::StatusOr<Statement> Database::Prepare(absl::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(),
                         static_cast<int>(sql.size()), 0, &statement,
                         nullptr) != SQLITE_OK) {
    return ErrorOf(handle_.get(), path_);
  }
  return Statement(statement, path_);
}

absl::StatusOr<int64_t> Database::Integer(absl::string_view sql) const {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  statement.Query();
  if (!statement.Next()) {
    RETURN_IF_ERROR(statement.status());
    return absl::InternalError(absl::StrCat(path_, ": no row from ", sql));
  }
  return statement.Int(0);
}

int64_t Database::LastInsertedRow() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // It fails only where SQLite has rolled back already.
  if (database_ != nullptr) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace snclr
