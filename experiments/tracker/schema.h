// SPDX-License-Identifier: MIT
// The tables of a tracker database. They are for queries too (sqlite3
// runs/tracker.sqlite): columns are only ever added, and these are what they
// mean. Times are seconds since 1970 (datetime(started_at, 'unixepoch')).
//
//   experiments  id, name, created_at
//   runs         id, experiment_id
//                run               "<name>/<id>"
//                folder            below the database's folder, else absolute
//                method, seed      (a seed above 2^63 shows as negative)
//                status            running | finished | failed | stopped |
//                                  interrupted
//                reason            why it ended, in words
//                question          what the run is to answer
//                spec_hash         equal for runs that compute the same numbers
//                data_fingerprint, host, device, git_commit
//                started_at, ended_at (NULL while running), heartbeat_at,
//                heartbeat_seconds (how often it beats), last_step
//                spec_text, git_diff
//   starts       run_id, number, started_at, resumed_at_step (NULL: a fresh
//                start), host, device, git_commit: every process that worked at
//                the run, from 1
//   parameters   run_id, path ("optimizer.base_lr"), value (text), number (NULL
//                where the text is no number)
//   series       id, run_id, name ("knn_top1"), points, last_step, last_value,
//                min_step, min_value, max_step, max_value: one row for each
//                metric of each run, so that comparing runs reads no points
//   points       series_id, step, epoch, time, value (NULL: not a number)
//   artifacts    run_id, path, kind, bytes, checksum, time
//   notes        run_id, step, time, text
//   logs         run_id, file, log_id, offset, boot_id: how much of each run's
//                logs is in the tables above (for the tracker alone)
//
// and two views that join them:
//
//   metrics      run, method, seed, status, name, step, epoch, time, value
//   results      run, method, seed, status, name, points, last_step,
//                last_value, min_value, max_value
#ifndef EXPERIMENTS_TRACKER_SCHEMA_H_
#define EXPERIMENTS_TRACKER_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/tracker/database.h"

namespace snclr {

// "SNCL": the application_id of a tracker database.
inline constexpr int64_t kTrackerApplication = 0x534E434C;

// migrations[v] is the SQL that leads from version v to v + 1; version 0 is an
// empty database. PRAGMA user_version holds the version.
using Migrations = std::vector<std::string>;
const Migrations& TrackerMigrations();

// Brings the database to the newest version, in one transaction; several
// processes may do so at once.
//   InvalidArgument      a database of another program
//   FailedPrecondition   a version newer than this program knows
absl::Status Migrate(Database& database,
                     const Migrations& migrations = TrackerMigrations());

// For a database that may not be written: the same errors, and
// FailedPrecondition where it would have to be migrated first.
absl::Status CheckVersion(const Database& database,
                          const Migrations& migrations = TrackerMigrations());

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_SCHEMA_H_
