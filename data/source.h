// SPDX-License-Identifier: MIT
// Where images come from. A source is a random-access list of images with
// labels; order, views and batches are made by those who read it.
#ifndef DATA_SOURCE_H_
#define DATA_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/image.h"

namespace snclr {

constexpr int64_t kUnlabelled = -1;

class Source {
 public:
  virtual ~Source() = default;

  virtual int64_t size() const = 0;

  // Empty where images have no labels. Sorted as labels are numbered.
  virtual const std::vector<std::string>& class_names() const = 0;

  // In [0, class_names().size()), or kUnlabelled. Costs no read.
  virtual int64_t label(int64_t index) const = 0;

  // What messages call this image: its path, or "shard.tar:name", or
  // "procedural image 17".
  virtual std::string name(int64_t index) const = 0;

  // The encoded image. Thread-safe. NotFound or DataLoss with the image's name.
  virtual absl::StatusOr<EncodedImage> Read(int64_t index) const = 0;

  // 16 hexadecimal digits that change when the list of images, their sizes or
  // labels change. Recorded with each run. Reads no image data.
  virtual std::string fingerprint() const = 0;
};

enum class Split { kTrain, kTest };

}  // namespace snclr

#endif  // DATA_SOURCE_H_
