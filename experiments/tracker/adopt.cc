// SPDX-License-Identifier: MIT
#include "experiments/tracker/adopt.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/ingest.h"
#include "experiments/tracker/run_folder.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/schema.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::Status AdoptRuns(const std::string& db_path,
                       const std::vector<std::string>& folders) {
  if (folders.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(db_path, OpenMode::kWrite));
  RETURN_IF_ERROR(Migrate(database));
  for (const std::string& folder : folders) {
    ASSIGN_OR_RETURN(
        Statement known,
        database.Prepare("SELECT COUNT(*) FROM runs WHERE folder = ?"));
    known.Query(StoredRunFolder(db_path, folder));
    const bool is_known = known.Next() && known.Int(0) > 0;
    RETURN_IF_ERROR(known.status());
    const auto log = ReadRunLog(absl::StrCat(folder, "/", kRunLogName), 0);
    if (is_known || !log.ok() || log->records.empty()) continue;
    ASSIGN_OR_RETURN(const int64_t run_id, RegisterRun(database, folder));
    RETURN_IF_ERROR(IngestRunLog(database, run_id, folder).status());
  }
  return absl::OkStatus();
}

}  // namespace snclr
