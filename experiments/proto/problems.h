// SPDX-License-Identifier: MIT
// What is wrong with a spec, all of it, and where: one line a problem,
//
//   runs/a.textproto:12:3: snclr.neighbors: must be at least 0, is -1
#ifndef EXPERIMENTS_PROTO_PROBLEMS_H_
#define EXPERIMENTS_PROTO_PROBLEMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

// Where each field of a spec was set, by the field's path: "file:line:column",
// or the flag that set it.
class Places {
 public:
  // `origin` is the place of what was set nowhere: the spec's file.
  explicit Places(std::string origin) : origin_(std::move(origin)) {}

  void Set(const std::string& path, const std::string& place) {
    places_[path] = place;
  }
  bool Has(const std::string& path) const { return places_.count(path) > 0; }

  // The place of the field or, where it was left out, of the message around it.
  const std::string& Find(std::string path) const;

  // Those of `over` win; the origin stays.
  void Merge(const Places& over);

 private:
  std::string origin_;
  std::map<std::string, std::string> places_;
};

class Problems {
 public:
  // "place: path: what". An empty path is left out.
  void Add(const std::string& place, const std::string& path,
           const std::string& what);

  bool empty() const { return lines_.empty(); }

  // OK, or InvalidArgument with every line, in the order of their arrival.
  absl::Status status() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_PROBLEMS_H_
