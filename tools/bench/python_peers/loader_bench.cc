// SPDX-License-Identifier: MIT
// Our half of the loader's comparison (loader.py): decodes every image of a
// folder and makes both views of the MoCo v3 recipe, on one thread, as a thread
// of the loader does. It obeys its standard input, a command a line:
//
//   names     the images' paths, a line each
//   round     every image once, in views of its own; answers CPU seconds
//   check N   the views of the first N images: a line of JSON with what was
//             drawn for each view, and its pixels as a file
//
// An empty line ends each answer. `yes round | head -20 | loader_bench
// --root=...` is a profiler's run.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "data/data.pb.h"
#include "data/decode/decode.h"
#include "data/loading/sample_views.h"
#include "data/source.h"
#include "data/sources/open_source.h"
#include "data/views/augment.h"
#include "data/views/augmentation.pb.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "gflags/gflags.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

DEFINE_string(root, "", "folder of JPEG or PNG images, or of class folders");
DEFINE_int64(images, 200, "images of a round, taken evenly; 0: all");
DEFINE_int64(side_px, 224, "side of a view");
DEFINE_double(min_area, 0.08, "smallest crop, of the image's area");
DEFINE_string(check_folder, "", "where the command check puts pixels");

namespace snclr {
namespace {

constexpr uint64_t kSeed = 1;

// Of this process, all threads: on a machine that does other work too, what a
// core had to do, and not how long it was kept from doing it.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * time.tv_nsec;
}

class Bench {
 public:
  static absl::StatusOr<std::unique_ptr<Bench>> Make() {
    auto bench = std::make_unique<Bench>();
    ExperimentSpec spec;
    spec.set_name("loader");
    spec.mutable_moco_v3();
    AugmentationSpec& recipe = *spec.mutable_augmentation();
    recipe.mutable_view1()->mutable_crop()->set_min_area(FLAGS_min_area);
    recipe.mutable_view2()->mutable_crop()->set_min_area(FLAGS_min_area);
    DataSpec& data = *spec.mutable_data();
    data.mutable_image_folder()->set_root(FLAGS_root);
    data.mutable_image_folder()->set_holdout_fraction(0);
    if (FLAGS_images > 0) data.set_train_images(FLAGS_images);
    ASSIGN_OR_RETURN(spec, ResolveSpec(std::move(spec), "the command line"));
    bench->recipe_ = spec.augmentation();
    ASSIGN_OR_RETURN(bench->source_, OpenSource(spec.data(), Split::kTrain));
    const int64_t floats = 3 * FLAGS_side_px * FLAGS_side_px;
    for (std::vector<float>& view : bench->views_) view.resize(floats);
    return bench;
  }

  absl::Status Obey(absl::string_view command) {
    int64_t count = 0;
    if (command == "names") {
      for (int64_t i = 0; i < source_->size(); ++i) {
        std::cout << source_->name(i) << "\n";
      }
    } else if (command == "round") {
      RETURN_IF_ERROR(Round());
    } else if (absl::ConsumePrefix(&command, "check ") &&
               absl::SimpleAtoi(command, &count)) {
      for (int64_t i = 0; i < std::min(count, source_->size()); ++i) {
        RETURN_IF_ERROR(Check(i));
      }
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("not a command: ", command));
    }
    std::cout << std::endl;
    return absl::OkStatus();
  }

 private:
  absl::Status MakeViews(int64_t index) {
    return MakeTrainingViews(*source_, recipe_, {kSeed, epoch_, index},
                             FLAGS_side_px, views_[0].data(), views_[1].data());
  }

  absl::Status Round() {
    const double start = CpuSeconds();
    for (int64_t i = 0; i < source_->size(); ++i) {
      RETURN_IF_ERROR(MakeViews(i));
    }
    ++epoch_;
    std::cout << CpuSeconds() - start << "\n";
    return absl::OkStatus();
  }

  absl::Status Check(int64_t index) {
    RETURN_IF_ERROR(MakeViews(index));
    ASSIGN_OR_RETURN(const EncodedImage encoded, source_->Read(index));
    ASSIGN_OR_RETURN(const ImageSize size, ReadSize(encoded));
    for (const int view : {1, 2}) {
      const ViewParameters drawn =
          DrawView(view == 1 ? recipe_.view1() : recipe_.view2(), size.height,
                   size.width, kSeed, epoch_, index, view);
      const std::string file =
          absl::StrCat(FLAGS_check_folder, "/", index, ".", view);
      const std::vector<float>& pixels = views_[view - 1];
      std::ofstream out(file, std::ios::binary);
      out.write(reinterpret_cast<const char*>(pixels.data()),
                pixels.size() * sizeof(float));
      if (!out) return absl::NotFoundError(absl::StrCat("cannot write ", file));
      std::cout << nlohmann::json{{"image", source_->name(index)},
                                  {"pixels", file},
                                  {"top", drawn.top},
                                  {"left", drawn.left},
                                  {"height", drawn.height},
                                  {"width", drawn.width},
                                  {"jitter", drawn.jitter},
                                  {"jitter_order", drawn.jitter_order},
                                  {"brightness", drawn.brightness},
                                  {"contrast", drawn.contrast},
                                  {"saturation", drawn.saturation},
                                  {"hue", drawn.hue},
                                  {"grayscale", drawn.grayscale},
                                  {"blur", drawn.blur},
                                  {"sigma", drawn.blur_sigma_px},
                                  {"solarize", drawn.solarize},
                                  {"flip", drawn.flip}}
                << "\n";
    }
    return absl::OkStatus();
  }

  AugmentationSpec recipe_;
  std::unique_ptr<Source> source_;
  int64_t epoch_ = 0;
  std::vector<float> views_[2];
};

absl::Status Run() {
  ASSIGN_OR_RETURN(const auto bench, Bench::Make());
  std::string command;
  while (std::getline(std::cin, command)) {
    RETURN_IF_ERROR(bench->Obey(command));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Makes the two views of every image of a folder, as commands on standard"
      " input ask (names, round, check N).",
      {}, argc, argv);
  return snclr::ExitStatus(snclr::Run());
}
