// SPDX-License-Identifier: MIT
#include "experiments/tracker/schema.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr char kVersion1[] = R"sql(
CREATE TABLE experiments (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at REAL NOT NULL
);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  experiment_id INTEGER REFERENCES experiments (id),
  run TEXT NOT NULL DEFAULT '',
  folder TEXT NOT NULL UNIQUE,
  method TEXT NOT NULL DEFAULT '',
  seed INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'running' CHECK (status IN
    ('running', 'finished', 'failed', 'stopped', 'interrupted')),
  reason TEXT NOT NULL DEFAULT '',
  question TEXT NOT NULL DEFAULT '',
  spec_hash TEXT NOT NULL DEFAULT '',
  data_fingerprint TEXT NOT NULL DEFAULT '',
  host TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '',
  git_commit TEXT NOT NULL DEFAULT '',
  started_at REAL,
  ended_at REAL,
  heartbeat_at REAL,
  heartbeat_seconds REAL NOT NULL DEFAULT 0,
  last_step INTEGER,
  spec_text TEXT NOT NULL DEFAULT '',
  git_diff TEXT NOT NULL DEFAULT ''
);
CREATE INDEX runs_by_status ON runs (status);
CREATE TABLE starts (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  started_at REAL NOT NULL,
  resumed_at_step INTEGER,
  host TEXT NOT NULL,
  device TEXT NOT NULL,
  git_commit TEXT NOT NULL,
  PRIMARY KEY (run_id, number)
) WITHOUT ROWID;
CREATE TABLE parameters (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  value TEXT NOT NULL,
  number REAL,
  PRIMARY KEY (run_id, path)
) WITHOUT ROWID;
CREATE INDEX parameters_by_path ON parameters (path, run_id);
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  points INTEGER NOT NULL DEFAULT 0,
  last_step INTEGER,
  last_value REAL,
  min_step INTEGER,
  min_value REAL,
  max_step INTEGER,
  max_value REAL,
  UNIQUE (name, run_id)
);
CREATE INDEX series_by_run ON series (run_id);
CREATE TABLE points (
  series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  epoch REAL,
  time REAL NOT NULL,
  value REAL,
  PRIMARY KEY (series_id, step)
) WITHOUT ROWID;
CREATE TABLE artifacts (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  time REAL NOT NULL,
  PRIMARY KEY (run_id, path)
) WITHOUT ROWID;
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  time REAL NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX notes_by_run ON notes (run_id, step);
CREATE TABLE logs (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  log_id INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  boot_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, file)
) WITHOUT ROWID;
CREATE VIEW metrics AS
  SELECT run, method, seed, status, name, step, epoch, time, value
  FROM runs JOIN series ON series.run_id = runs.id
            JOIN points ON points.series_id = series.id;
CREATE VIEW results AS
  SELECT run, method, seed, status, name, points, last_step, last_value,
         min_value, max_value
  FROM runs JOIN series ON series.run_id = runs.id;
)sql";

// The version, after the checks that a reader and a writer share. Whether an
// empty database may become a tracker is theirs to say.
absl::StatusOr<int64_t> KnownVersion(const Database& database,
                                     const Migrations& migrations) {
  ASSIGN_OR_RETURN(const int64_t application,
                   database.Integer("PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t tables,
                   database.Integer("SELECT COUNT(*) FROM sqlite_master"));
  ASSIGN_OR_RETURN(const int64_t version,
                   database.Integer("PRAGMA user_version"));
  if (application != kTrackerApplication && (tables > 0 || version != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(database.path(), ": is a database, but no tracker's"));
  }
  if (version < 0 || version > static_cast<int64_t>(migrations.size())) {
    return absl::FailedPreconditionError(absl::StrCat(
        database.path(), ": was made by a newer version of this program (",
        "schema ", version, "; this one knows up to ", migrations.size(), ")"));
  }
  return version;
}

}  // namespace

const Migrations& TrackerMigrations() {
  static const auto* const migrations = new Migrations{kVersion1};
  return *migrations;
}

absl::Status Migrate(Database& database, const Migrations& migrations) {
  const int64_t newest = migrations.size();
  ASSIGN_OR_RETURN(int64_t version, KnownVersion(database, migrations));
  if (version == newest) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  // Another process may have come first while this one waited for the lock.
  ASSIGN_OR_RETURN(version, KnownVersion(database, migrations));
  for (; version < newest; ++version) {
    RETURN_IF_ERROR(database.Execute(migrations[version]))
        << "migrating from schema " << version;
  }
  RETURN_IF_ERROR(database.Execute(
      absl::StrCat("PRAGMA application_id=", kTrackerApplication,
                   "; PRAGMA user_version=", newest)));
  return transaction.Commit();
}

absl::Status CheckVersion(const Database& database,
                          const Migrations& migrations) {
  ASSIGN_OR_RETURN(const int64_t version, KnownVersion(database, migrations));
  if (version == static_cast<int64_t>(migrations.size())) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      database.path(), version == 0 ? ": is empty, no tracker's database"
                                    : ": has an older schema and may not "
                                      "be written, so can't be migrated"));
}

}  // namespace snclr
