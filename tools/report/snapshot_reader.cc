// SPDX-License-Identifier: MIT
#include "tools/report/snapshot_reader.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<Json> ReadObject(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadAll(path));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Damaged(path, "no JSON object");
  return json;
}

// Whether json[name] is a list of numbers (in [0, below) where given) of this
// length.
bool IsNumbers(const Json& json, const char* name, size_t length,
               double below = 0) {
  const auto list = json.find(name);
  if (list == json.end() || !list->is_array() || list->size() != length) {
    return false;
  }
  return std::all_of(list->begin(), list->end(), [below](const Json& value) {
    return value.is_number() && (below == 0 || (value.is_number_integer() &&
                                                value >= 0 && value < below));
  });
}

absl::Status CheckImages(const Json& images, const std::string& path) {
  const auto size = [&](const char* name) -> double {
    const auto value = images.find(name);
    return value != images.end() && value->is_number_integer()
               ? value->get<double>()
               : 0;
  };
  if (size("tile_px") < 1 || size("tile_px") > 512 || size("columns") < 1 ||
      size("columns") > 1000) {
    return Damaged(path, "tile_px or columns is out of range");
  }
  for (const char* name : {"names", "labels", "classes", "samples"}) {
    if (!images.contains(name) || !images[name].is_array()) {
      return Damaged(path, absl::StrCat("no list '", name, "'"));
    }
  }
  const size_t count = images["names"].size();
  if (count < 3 || !IsNumbers(images, "labels", count) ||
      !IsNumbers(images, "samples", images["samples"].size(),
                 static_cast<double>(count))) {
    return Damaged(path, "labels or samples do not fit the names");
  }
  return absl::OkStatus();
}

// The parts of a snapshot that the page reads.
absl::StatusOr<Json> Frame(const Json& snapshot, size_t pictures,
                           const std::string& path) {
  const Json map = snapshot.value("map", Json::object());
  if (!snapshot.contains("step") || !snapshot["step"].is_number() ||
      !snapshot.contains("epoch") || !snapshot["epoch"].is_number() ||
      !map.is_object() || !IsNumbers(map, "x", pictures) ||
      !IsNumbers(map, "y", pictures) || !IsNumbers(map, "shares", 2)) {
    return Damaged(path, absl::StrCat("no map of ", pictures, " pictures"));
  }
  Json frame = {{"step", snapshot["step"]},
                {"epoch", snapshot["epoch"]},
                {"x", map["x"]},
                {"y", map["y"]},
                {"shares", map["shares"]},
                {"neighbors", Json::array()}};
  for (const Json& sample : snapshot.value("neighbors", Json::array())) {
    if (!sample.is_object() || !sample.contains("index") ||
        !sample["index"].is_array() || !sample.contains("picture") ||
        !sample["picture"].is_number_integer()) {
      return Damaged(path, "a list of neighbors is not as it should be");
    }
    const size_t count = sample["index"].size();
    if (!IsNumbers(sample, "index", count, static_cast<double>(pictures)) ||
        !IsNumbers(sample, "similarity", count) ||
        !IsNumbers(sample, "positiveness", count) || sample["picture"] < 0 ||
        sample["picture"] >= pictures) {
      return Damaged(path, "a list of neighbors is not as it should be");
    }
    frame["neighbors"].push_back(sample);
  }
  return frame;
}

std::vector<std::string> FrameFiles(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& file :
       std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = file.path().filename();
    if (file.path().extension() == ".json" && name != "images.json") {
      paths.push_back(file.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // names are steps, 8 digits
  return paths;
}

MapPlaces PlacesOf(const Json& frame) {
  return {frame["x"].get<std::vector<double>>(),
          frame["y"].get<std::vector<double>>()};
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double Rounded(double value) { return std::round(value * 1e4) / 1e4; }

}  // namespace

void AlignTo(const MapPlaces& before, MapPlaces* map) {
  const double cx = Mean(map->x), cy = Mean(map->y);
  const double bx = Mean(before.x), by = Mean(before.y);
  // M = sum of before (outer) map; the best turn has the angle of its rotation
  // part, the best mirroring that of its reflection part.
  double xx = 0, xy = 0, yx = 0, yy = 0;
  for (size_t i = 0; i < map->x.size(); ++i) {
    const double px = before.x[i] - bx, py = before.y[i] - by;
    const double qx = map->x[i] - cx, qy = map->y[i] - cy;
    xx += px * qx;
    xy += px * qy;
    yx += py * qx;
    yy += py * qy;
  }
  const double turn = std::hypot(xx + yy, yx - xy);
  const double mirror = std::hypot(xx - yy, yx + xy);
  const bool mirrored = mirror > turn;
  if (std::max(turn, mirror) == 0) return;
  const double c = mirrored ? (xx - yy) / mirror : (xx + yy) / turn;
  const double s = mirrored ? (yx + xy) / mirror : (yx - xy) / turn;
  for (size_t i = 0; i < map->x.size(); ++i) {
    const double qx = map->x[i] - cx;
    const double qy = mirrored ? cy - map->y[i] : map->y[i] - cy;
    map->x[i] = c * qx - s * qy;
    map->y[i] = s * qx + c * qy;
  }
}

bool HasSnapshots(const std::string& run_folder) {
  return !FrameFiles(run_folder + "/snapshots").empty();
}

absl::StatusOr<Json> ReadSnapshots(const std::string& run_folder,
                                   size_t most_frames, size_t most_bytes) {
  const std::string folder = run_folder + "/snapshots";
  ASSIGN_OR_RETURN(Json images, ReadObject(folder + "/images.json"));
  RETURN_IF_ERROR(CheckImages(images, folder + "/images.json"));
  ASSIGN_OR_RETURN(const std::string jpeg, ReadAll(folder + "/images.jpg"));
  if (jpeg.size() > most_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(folder, "/images.jpg: ", jpeg.size(),
                     " bytes are more than a report takes in"));
  }
  const std::vector<std::string> paths = FrameFiles(folder);
  if (paths.empty()) {
    return absl::NotFoundError(absl::StrCat(folder, ": no snapshot"));
  }
  const size_t count = std::min(paths.size(), std::max<size_t>(most_frames, 2));
  Json frames = Json::array();
  MapPlaces before;
  for (size_t i = 0; i < count; ++i) {
    const std::string& path =
        paths[count == 1 ? 0 : i * (paths.size() - 1) / (count - 1)];
    ASSIGN_OR_RETURN(const Json snapshot, ReadObject(path));
    ASSIGN_OR_RETURN(Json frame, Frame(snapshot, images["names"].size(), path));
    MapPlaces places = PlacesOf(frame);
    if (i > 0) AlignTo(before, &places);
    before = places;
    for (double& value : places.x) value = Rounded(value);
    for (double& value : places.y) value = Rounded(value);
    frame["x"] = places.x;
    frame["y"] = places.y;
    frames.push_back(std::move(frame));
  }
  images["frames"] = std::move(frames);
  images["frames_taken"] = paths.size();
  images["sheet"] =
      absl::StrCat("data:image/jpeg;base64,", absl::Base64Escape(jpeg));
  return images;
}

}  // namespace snclr
