// SPDX-License-Identifier: MIT
#include "data/sources/open_source.h"

#include <utility>

#include "data/procedural/procedural.h"
#include "data/sources/cifar.h"
#include "data/sources/image_folder.h"
#include "data/sources/subset.h"
#include "data/sources/webdataset.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::StatusOr<std::unique_ptr<Source>> OpenWhole(const DataSpec& spec,
                                                  Split split) {
  switch (spec.source_case()) {
    case DataSpec::kImageFolder:
      return OpenImageFolder(spec.image_folder(), split);
    case DataSpec::kCifar:
      return OpenCifar(spec.cifar(), split);
    case DataSpec::kWebdataset:
      return OpenWebDataset(spec.webdataset(), split);
    case DataSpec::kProcedural:
      // Makes as many as are asked for; 0: its own default.
      return MakeProceduralSource(
          spec.procedural(), split,
          split == Split::kTrain ? spec.train_images() : spec.test_images());
    case DataSpec::SOURCE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "data: no source; set one of image_folder, cifar, webdataset, "
      "procedural");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSource(const DataSpec& spec,
                                                   Split split) {
  ASSIGN_OR_RETURN(std::unique_ptr<Source> source, OpenWhole(spec, split));
  if (spec.has_procedural()) return source;
  if (split == Split::kTrain && spec.has_train_images()) {
    return TakeEvenly(std::move(source), spec.train_images(),
                      "data.train_images");
  }
  if (split == Split::kTest && spec.has_test_images()) {
    return TakeEvenly(std::move(source), spec.test_images(),
                      "data.test_images");
  }
  return source;
}

}  // namespace snclr
