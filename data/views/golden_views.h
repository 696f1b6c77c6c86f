// SPDX-License-Identifier: MIT
// The golden image operations, for tests:
//
//   for (const GoldenView& golden : GoldenViews("brightness")) {
//     std::vector<float> planes = golden.Planes();
//     AdjustBrightness(golden.Number("factor"), golden.pixels(),
//     planes.data()); EXPECT_LE(golden.Farthest("float", planes), 1e-5 * 255);
//   }
#ifndef DATA_VIEWS_GOLDEN_VIEWS_H_
#define DATA_VIEWS_GOLDEN_VIEWS_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/image.h"
#include "snclr/core/base/golden.h"

namespace snclr {

class GoldenView {
 public:
  GoldenView(std::shared_ptr<const GoldenFile> file, nlohmann::json operation);

  const Image& image() const { return image_; }
  int64_t pixels() const { return image_.height * image_.width; }

  // The image as float planes in [0, 255].
  std::vector<float> Planes() const;

  const nlohmann::json& operation() const { return operation_; }
  double Number(const char* key) const { return operation_.at(key); }
  int64_t Int(const char* key) const { return operation_.at(key); }

  // Which forms of the result there are: "float" (torchvision on floats),
  // "uint8" (torchvision on bytes), "pil" (Pillow).
  bool Has(const std::string& form) const;

  // The largest and the mean distance of `planes`, in [0, 255], from one form;
  // from the 8-bit forms after rounding.
  double Farthest(const std::string& form,
                  const std::vector<float>& planes) const;
  double Mean(const std::string& form, const std::vector<float>& planes) const;

  // One form as it is stored: floats in [0, 1] (normalised where the operation
  // normalises), bytes in [0, 255].
  std::vector<double> Expected(const std::string& form) const;

 private:
  std::vector<double> Distances(const std::string& form,
                                const std::vector<float>& planes) const;

  std::shared_ptr<const GoldenFile> file_;
  nlohmann::json operation_;
  Image image_;
};

// Every golden operation of this name, over all golden files; never none.
std::vector<GoldenView> GoldenViews(const std::string& operation);

}  // namespace snclr

#endif  // DATA_VIEWS_GOLDEN_VIEWS_H_
