// SPDX-License-Identifier: MIT
// How the database names a run's folder: below its own folder by the rest of
// the path, so that an output folder can be moved or mounted elsewhere as a
// whole; any other by its absolute path.
#ifndef EXPERIMENTS_TRACKER_RUN_FOLDER_H_
#define EXPERIMENTS_TRACKER_RUN_FOLDER_H_

#include <string>

namespace snclr {

// "quickstart/0001" for runs/quickstart/0001 and runs/tracker.sqlite. Symbolic
// links are followed as far as the path exists.
std::string StoredRunFolder(const std::string& db_path,
                            const std::string& folder);

// The absolute path of what StoredRunFolder returned.
std::string AbsoluteRunFolder(const std::string& db_path,
                              const std::string& stored);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_RUN_FOLDER_H_
