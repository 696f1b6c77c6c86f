// SPDX-License-Identifier: MIT
// SQLite behind three move-only handles whose errors are statuses:
//
//   ASSIGN_OR_RETURN(Database database, Database::Open(path,
//   OpenMode::kWrite)); ASSIGN_OR_RETURN(Transaction transaction,
//   Transaction::Begin(database)); ASSIGN_OR_RETURN(Statement insert,
//                    database.Prepare("INSERT INTO notes VALUES (?, ?)"));
//   RETURN_IF_ERROR(insert.Run(step, text));
//   RETURN_IF_ERROR(transaction.Commit());
//
// Values are always bound, never pasted into SQL. Every message begins with the
// database's path. Codes:
//   InvalidArgument     the file is no database
//   NotFound            the file is missing (kRead), or is a folder's name
//   PermissionDenied    may not be read or written
//   Unavailable         another process held it longer than the busy time-out
//   ResourceExhausted   the disk is full
//   DataLoss            SQLite found the file damaged
//   Internal            anything else
#ifndef EXPERIMENTS_TRACKER_DATABASE_H_
#define EXPERIMENTS_TRACKER_DATABASE_H_

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace snclr {

// One prepared statement; it must not outlive its Database.
class Statement {
 public:
  // Binds one value to each '?', runs to the end and resets: for statements
  // without rows, or whose rows do not matter.
  template <typename... Values>
  absl::Status Run(const Values&... values) {
    BindAll(values...);
    return Finish();
  }

  // Binds; then `while (statement.Next())` walks over the rows, and status()
  // says whether they ended or an error did.
  template <typename... Values>
  void Query(const Values&... values) {
    BindAll(values...);
  }
  bool Next();
  absl::Status status() const { return status_; }

  // Columns of the present row, from 0. A NULL is 0, NaN or "".
  int64_t Int(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, std::string path);

  template <typename... Values>
  void BindAll(const Values&... values) {
    Reset();
    int index = 0;
    (Bind(++index, values), ...);
  }

  void Reset();
  absl::Status Finish();
  void Bind(int index, std::nullptr_t);
  void Bind(int index, int64_t value);
  void Bind(int index, int value) { Bind(index, static_cast<int64_t>(value)); }
  void Bind(int index, double value);  // NaN becomes NULL
  void Bind(int index, absl::string_view value);
  void Bind(int index, const std::string& value) {
    Bind(index, absl::string_view(value));
  }
  void Bind(int index, const char* value) {
    Bind(index, absl::string_view(value));
  }

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  std::string path_;
  absl::Status status_;
};

enum class OpenMode {
  kWrite,  // made if missing, with its folder
  kRead,   // must exist; nothing is changed
};

// One connection; for one thread at a time.
class Database {
 public:
  // Foreign keys are enforced. A file is in WAL mode, so readers and one writer
  // do not wait for each other, with synchronous=NORMAL: a power cut may take
  // the last transactions but damages nothing, and what it takes is still in
  // the runs' logs, whose offsets are rolled back with it. WAL needs memory
  // that all processes share: on a network file system the rollback journal
  // with synchronous=FULL is used instead. ":memory:" is a database that
  // vanishes with the connection.
  static absl::StatusOr<Database> Open(
      const std::string& path, OpenMode mode,
      absl::Duration busy_timeout = absl::Seconds(10));

  // One or several statements without values: schema and pragmas.
  absl::Status Execute(const std::string& sql);

  absl::StatusOr<Statement> Prepare(absl::string_view sql) const;

  // The integer that a query without values returns in its only row.
  absl::StatusOr<int64_t> Integer(absl::string_view sql) const;

  int64_t LastInsertedRow() const;

  const std::string& path() const { return path_; }

 private:
  Database(sqlite3* handle, std::string path);
  absl::Status Configure(OpenMode mode);

  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

// A write transaction; what is not committed is rolled back at the end of its
// life. The database must outlive it.
class Transaction {
 public:
  // Takes the write lock at once, so that what is read inside stays true until
  // the commit.
  static absl::StatusOr<Transaction> Begin(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  // null once committed or moved from
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_DATABASE_H_
