// SPDX-License-Identifier: MIT
#include "experiments/trainer/snapshots.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "absl/crc/crc32c.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "data/decode/decode.h"
#include "data/loading/sample_views.h"
#include "experiments/trainer/image_sheet.h"
#include "experiments/trainer/principal_plane.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/checksum_text.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/evaluation_mode.h"
#include "snclr/core/soft_neighbors.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

constexpr int64_t kTilePx = 48;
constexpr int64_t kColumns = 25;

// Names may hold any bytes; JSON wants UTF-8.
std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Four digits are more than a screen shows.
template <typename Value>
std::vector<Value> Row(const at::Tensor& row) {
  const at::Tensor values = row.to(at::kCPU).to(at::kDouble).contiguous();
  std::vector<Value> list;
  for (int64_t i = 0; i < values.numel(); ++i) {
    const double value = values.data_ptr<double>()[i];
    list.push_back(static_cast<Value>(
        std::is_integral_v<Value> ? value : std::round(value * 1e4) / 1e4));
  }
  return list;
}

std::vector<int64_t> EvenPlaces(int64_t size, int64_t count) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < count; ++i) places.push_back(i * size / count);
  return places;
}

Json NeighborsOf(const SoftNeighbors& neighbors,
                 const std::vector<int64_t>& samples) {
  Json all = Json::array();
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i);
    all.push_back({{"picture", samples[i]},
                   {"index", Row<int64_t>(neighbors.index[row])},
                   {"similarity", Row<double>(neighbors.similarity[row])},
                   {"positiveness", Row<double>(neighbors.positiveness[row])}});
  }
  return all;
}

}  // namespace

std::vector<int64_t> SpreadOverClasses(const Source& source, int64_t count) {
  std::vector<std::vector<int64_t>> classes(source.class_names().size() + 1);
  for (int64_t i = 0; i < source.size(); ++i) {
    const int64_t label = source.label(i);
    (label == kUnlabelled ? classes.back() : classes[label]).push_back(i);
  }
  // Small classes first: what they lack goes to the others.
  std::sort(classes.begin(), classes.end(),
            [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::vector<int64_t> chosen;
  int64_t left = std::min(count, source.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    const int64_t size = classes[i].size();
    const int64_t quota = std::min<int64_t>(size, left / (classes.size() - i));
    for (const int64_t place : EvenPlaces(size, quota)) {
      chosen.push_back(classes[i][place]);
    }
    left -= quota;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::unique_ptr<Snapshots> Snapshots::Create(const ExperimentSpec& spec,
                                             const Source& train,
                                             const std::string& folder) {
  if (spec.tracking().snapshots().every_epochs() <= 0) return nullptr;
  return std::unique_ptr<Snapshots>(new Snapshots(spec, train, folder));
}

Snapshots::Snapshots(const ExperimentSpec& spec, const Source& train,
                     std::string folder)
    : spec_(spec), train_(train), folder_(std::move(folder) + "/snapshots") {}

bool Snapshots::IsDue(double epoch_before, double epoch) const {
  const double every = spec_.tracking().snapshots().every_epochs();
  // An epoch's share of a step is lost in rounding; a millionth of one is none.
  return std::floor(epoch / every + 1e-9) >
         std::floor(epoch_before / every + 1e-9);
}

absl::StatusOr<SnapshotFile> Snapshots::Write(const std::string& kind,
                                              const std::string& name,
                                              const std::string& text) const {
  SnapshotFile file;
  file.kind = kind;
  file.path = absl::StrCat(folder_, "/", name);
  file.bytes = text.size();
  file.checksum = ChecksumText(absl::ComputeCrc32c(text));
  RETURN_IF_ERROR(WriteFileAtomically(file.path, text));
  return file;
}

absl::Status Snapshots::ReadImages() {
  const SnapshotSpec& wanted = spec_.tracking().snapshots();
  std::vector<Image> pictures;
  Json names = Json::array(), labels = Json::array();
  std::vector<int64_t> read;
  for (const int64_t index : SpreadOverClasses(train_, wanted.map_images())) {
    const auto encoded = train_.Read(index);
    Image image;
    if (!encoded.ok() || !DecodeImage(*encoded, 1, image).ok()) continue;
    pictures.push_back(std::move(image));
    read.push_back(index);
    names.push_back(train_.name(index));
    labels.push_back(train_.label(index));
  }
  if (read.size() < 3) {
    return absl::DataLossError(absl::StrCat(
        "only ", read.size(), " of the images can be read; 3 are needed"));
  }
  ASSIGN_OR_RETURN(const ImageSheet sheet,
                   MakeImageSheet(pictures, kTilePx, kColumns));
  const int64_t count = read.size();
  const std::vector<int64_t> samples =
      EvenPlaces(count, std::min<int64_t>(wanted.images(), count));
  const Json about = {{"tile_px", sheet.tile_px},
                      {"columns", sheet.columns},
                      {"classes", train_.class_names()},
                      {"names", names},
                      {"labels", labels},
                      {"samples", samples}};
  std::error_code ignored;  // writing says what is wrong
  std::filesystem::create_directories(folder_, ignored);
  ASSIGN_OR_RETURN(const SnapshotFile jpeg,
                   Write("snapshot_images", "images.jpg", sheet.jpeg));
  ASSIGN_OR_RETURN(const SnapshotFile json,
                   Write("snapshot_images", "images.json", Text(about)));
  of_all_ = {jpeg, json};
  images_ = std::move(read);
  samples_ = samples;
  return absl::OkStatus();
}

absl::StatusOr<at::Tensor> Snapshots::ViewsOf(
    const std::vector<int64_t>& pictures, const at::Tensor& like) const {
  const int64_t side = spec_.encoder().image_size_px();
  at::Tensor views = at::empty(
      {static_cast<int64_t>(pictures.size()), 3, side, side}, at::kFloat);
  for (size_t i = 0; i < pictures.size(); ++i) {
    RETURN_IF_ERROR(MakeEvalView(
        train_, spec_.augmentation(), images_[pictures[i]], side,
        views.data_ptr<float>() + static_cast<int64_t>(i) * 3 * side * side));
  }
  return views.to(like.options());
}

absl::StatusOr<std::vector<SnapshotFile>> Snapshots::Take(Method& method,
                                                          int64_t step,
                                                          double epoch) {
  std::vector<SnapshotFile> files;
  if (images_.empty()) {
    RETURN_IF_ERROR(ReadImages());
    files = of_all_;
  }
  Json snapshot = {{"step", step}, {"epoch", epoch}};
  RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    const at::NoGradGuard no_grad;
    auto* shows = dynamic_cast<ShowsSoftNeighbors*>(&method);
    const int64_t count = images_.size();
    if (shows != nullptr &&
        (shows->NeighborCount() == 0 || shows->NeighborCount() >= count)) {
      shows = nullptr;
    }
    const at::Tensor like = method.encoder().first_weight();
    std::vector<at::Tensor> features, keys;
    const EvaluationMode mode(method.encoder());
    for (int64_t begin = 0; begin < count;
         begin += spec_.evaluation().batch()) {
      std::vector<int64_t> pictures(
          std::min<int64_t>(spec_.evaluation().batch(), count - begin));
      std::iota(pictures.begin(), pictures.end(), begin);
      ASSIGN_OR_RETURN(const at::Tensor views, ViewsOf(pictures, like));
      features.push_back(method.encoder().Forward(views));
      if (shows != nullptr) keys.push_back(shows->UnitKeys(views));
    }
    const PrincipalPlane plane = PrincipalPlaneOf(at::cat(features));
    snapshot["map"] = {{"x", Row<double>(plane.places.select(1, 0))},
                       {"y", Row<double>(plane.places.select(1, 1))},
                       {"shares", plane.shares}};
    if (shows == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(const at::Tensor views, ViewsOf(samples_, like));
    const at::Tensor own = at::tensor(samples_, at::kLong).to(like.device());
    snapshot["neighbors"] =
        NeighborsOf(shows->NeighborsAmong(views, own, at::cat(keys)), samples_);
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(
      SnapshotFile file,
      Write("snapshot", absl::StrFormat("%08d.json", step), Text(snapshot)));
  files.push_back(std::move(file));
  return files;
}

}  // namespace snclr
